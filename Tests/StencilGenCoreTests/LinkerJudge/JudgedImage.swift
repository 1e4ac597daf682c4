import CStencils
import StencilGenCore
import UopRuntime

/// Copies of fragments, one for each of a fragment's vectors of values. In a copy, each hole is to hold the
/// vector's value; each (copy, hole) has a symbol of its own that leads there.
struct JudgedImage: Sendable {
    /// A number that a hole is asked to hold.
    enum Vector: Sendable {
        /// S + A of an absolute hole; the distance S + A - P of a PC-relative one.
        case stored(Int64)
        /// S + A of every hole: where a PC-relative one leads, wherever it is.
        case address(UInt64)

        /// What is at, and next to, the limits of every field that the hole kinds have.
        static let boundaries: [Vector] =
            [
                0, 1, -1, 127, 128, -128, -129, 255, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, -0x7FFF_FFFF, -0x8000_0000, -0x8000_0001,
                0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x1_0000_0001, -0xFFFF_FFFF, -0x1_0000_0000, -0x1_0000_0001,
                .max, .min, 0x1234_5678_9ABC_DEF0,
            ].map(Vector.stored)
            + [0, .max, 1 << 31, 1 << 47, 0x7FFF_FF00_0000].map(Vector.address)
    }

    /// Code to judge, and the vectors that its holes are tried with: indices in `Vector.boundaries`.
    struct Subject: Sendable {
        var fragment: CommittedTable.Fragment
        var vectors: [Int]
    }

    /// One hole in one copy.
    struct Case: Sendable {
        /// The number of the hole, whichever the copy.
        var hole: Int
        /// Bytes from the beginning of the image to the field.
        var offset: Int
        var kind: UopHoleKind
        var addend: Int64
        var vector: Vector
        /// What messages call it.
        var name: String

        /// S where the image begins at `placement`.
        func symbolValue(_ placement: UInt64) -> UInt64 {
            let place = placement &+ UInt64(offset)
            let sum =
                switch vector {
                case .stored(let number) where kind.field.base == .place: place &+ UInt64(bitPattern: number)
                case .stored(let number): UInt64(bitPattern: number)
                case .address(let address): address
                }
            return sum &- UInt64(bitPattern: addend)
        }

        var range: Range<Int> { offset..<offset + Int(kind.field.size) }
    }

    /// The fragments' bytes, unpatched.
    var bytes: [UInt8] = []
    var cases: [Case] = []
    var holeCount = 0

    init(_ subjects: [Subject]) {
        for subject in subjects {
            for number in subject.vectors {
                let vector = Vector.boundaries[number]
                for (index, hole) in subject.fragment.holes.enumerated() {
                    cases.append(
                        Case(
                            hole: holeCount + index, offset: bytes.count + hole.offset, kind: hole.kind, addend: hole.addend,
                            vector: vector,
                            name: "\(subject.fragment.name)+0x\(String(hole.offset, radix: 16)) \(hole.kind.name) \(vector)"))
                }
                bytes += subject.fragment.bytes
            }
            holeCount += subject.fragment.holes.count
        }
    }

    /// The bytes as a linker or patcher leaves them, and which cases it refused.
    struct Outcome: Sendable {
        var bytes: [UInt8]
        var refused: Set<Int> = []
    }

    /// What the runtime's encoder makes of the image.
    func patched(at placement: UInt64) -> Outcome {
        var outcome = Outcome(bytes: bytes)
        for (index, one) in cases.enumerated() where !Self.fill(one, placement, &outcome.bytes) {
            outcome.refused.insert(index)
        }
        return outcome
    }

    /// Fills one hole for the symbol value of `reference` (by default its own); false where it is refused.
    static func fill(
        _ hole: Case, _ placement: UInt64, _ bytes: inout [UInt8], as reference: Case? = nil
    ) -> Bool {
        let symbol = (reference ?? hole).symbolValue(placement)
        var elements = bytes.mutableSpan
        var raw = unsafe elements.mutableBytes
        do {
            try HoleEncoder().fill(
                hole.kind, value: symbol &+ UInt64(bitPattern: hole.addend), in: &raw, at: hole.offset,
                runAddress: placement)
            return true
        } catch {
            return false
        }
    }

    /// Where two outcomes differ, in words; at most `limit` of them. The field of a hole that both
    /// refuse is out of the comparison: linkers store something in it all the same.
    func disagreements(_ ours: Outcome, _ theirs: Outcome, limit: Int = 10) -> [String] {
        var ours = ours
        var found: [String] = []
        for index in ours.refused.symmetricDifference(theirs.refused).sorted().prefix(limit) {
            found.append("\(cases[index].name): refused by \(ours.refused.contains(index) ? "us" : "the linker") only")
        }
        guard ours.bytes.count == theirs.bytes.count else {
            return found + ["\(ours.bytes.count) bytes, the linker has \(theirs.bytes.count)"]
        }
        for index in ours.refused.intersection(theirs.refused) {
            for position in cases[index].range { ours.bytes[position] = theirs.bytes[position] }
        }
        for position in ours.bytes.indices where ours.bytes[position] != theirs.bytes[position] && found.count < limit {
            let owner = cases.first { $0.range.contains(position) }
            found.append(
                "image+0x\(String(position, radix: 16)): \(ours.bytes[position]), the linker has "
                    + "\(theirs.bytes[position]); \(owner?.name ?? "no hole is there")")
        }
        return found
    }
}
