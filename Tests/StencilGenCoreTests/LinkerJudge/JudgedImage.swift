import CStencils
import StencilGenCore
import UopRuntime

/// Copies of fragments, in each of which every hole is to hold another boundary of its kind; each (copy, hole) is a case.
struct JudgedImage: Sendable {
    /// Code to judge, and which of the numbers of its holes' kinds it is tried with.
    struct Subject: Sendable {
        var fragment: CommittedTable.Fragment
        var numbers: [Int]

        /// How many numbers the hole with the most of them has.
        static func numberCount(_ fragment: CommittedTable.Fragment) -> Int {
            fragment.filledHoles.map { JudgedNumber.boundaries(of: $0.kind).count }.max() ?? 1
        }
    }

    /// One hole in one copy.
    struct Case: Sendable {
        /// The number of the hole, whichever the copy.
        var hole: Int
        /// Which subject's.
        var subject: Int
        /// Bytes from the beginning of the image to the field.
        var offset: Int
        var kind: UopHoleKind
        var addend: Int64
        var number: JudgedNumber
        /// Of a lower half that goes with an upper one before it, which leads to the same symbol: that one's place and addend.
        var upper: (offset: Int, addend: Int64)?

        /// S where the image begins at `placement`.
        func symbolValue(_ placement: UInt64) -> UInt64 {
            switch number {
            case .stored(let number) where kind.field.base == .place: placement &+ UInt64(bitPattern: distance(number) &- addend)
            case .stored(let number): UInt64(bitPattern: number &- addend)
            case .address(let address): address &- UInt64(bitPattern: upper?.addend ?? addend)
            }
        }

        /// How far behind the image's beginning S + A is for a distance to be stored.
        func distance(_ number: Int64) -> Int64 { Int64(offset) &+ number }

        /// The number that is to be stored.
        func storedNumber(_ placement: UInt64) -> Int64 {
            let value = symbolValue(placement) &+ UInt64(bitPattern: addend)
            return Int64(bitPattern: kind.field.base == .place ? value &- placement &- UInt64(offset) : value)
        }

        var range: Range<Int> { offset..<offset + Int(kind.field.size) }
    }

    let subjects: [Subject]
    /// The fragments' bytes, unpatched.
    private(set) var bytes: [UInt8] = []
    private(set) var cases: [Case] = []
    private(set) var holeCount = 0

    init(_ subjects: [Subject]) {
        self.subjects = subjects
        for (index, subject) in subjects.enumerated() {
            for number in subject.numbers { add(subject.fragment, of: index, number) }
            holeCount += subject.fragment.filledHoles.count
        }
    }

    private mutating func add(_ fragment: CommittedTable.Fragment, of subject: Int, _ number: Int) {
        for (index, hole) in fragment.filledHoles.enumerated() {
            let numbers = JudgedNumber.boundaries(of: hole.kind)
            cases.append(
                Case(
                    hole: holeCount + index, subject: subject, offset: bytes.count + hole.offset, kind: hole.kind,
                    addend: hole.addend, number: numbers[number % numbers.count],
                    upper: fragment.upper(of: hole).map { (bytes.count + $0.offset, $0.addend) }))
        }
        bytes += fragment.bytes
    }

    /// What messages call a case.
    func name(_ index: Int) -> String {
        let one = cases[index]
        return "\(subjects[one.subject].fragment.name), image+0x\(String(one.offset, radix: 16)) \(one.kind.name) \(one.number)"
    }

    /// How many cases there are of each kind, in words: "branch26 812, page21 64".
    func counts(times factor: Int) -> String {
        let counts = Dictionary(grouping: cases, by: \.kind).mapValues { $0.count * factor }
        return counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
    }

    /// The bytes as a linker or patcher leaves them, and which cases it refused.
    struct Outcome: Sendable {
        var bytes: [UInt8]
        var refused: Set<Int> = []
    }

    private static let encoder = HoleEncoder()

    /// What the runtime's encoder makes of the image.
    func patched(at placement: UInt64) -> Outcome {
        var outcome = Outcome(bytes: bytes)
        for (index, one) in cases.enumerated() where !Self.fill(one, placement, &outcome.bytes, as: one) {
            outcome.refused.insert(index)
        }
        return outcome
    }

    /// Fills one hole for the symbol value of `reference`; false where it is refused.
    static func fill(_ hole: Case, _ placement: UInt64, _ bytes: inout [UInt8], as reference: Case) -> Bool {
        let symbol = reference.symbolValue(placement)
        var elements = bytes.mutableSpan
        var raw = unsafe elements.mutableBytes
        do {
            try encoder.fill(
                hole.kind, value: symbol &+ UInt64(bitPattern: hole.addend), in: &raw, at: hole.offset, runAddress: placement)
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
            found.append("\(name(index)): refused by \(ours.refused.contains(index) ? "us" : "the linker") only")
        }
        guard ours.bytes.count == theirs.bytes.count else {
            return found + ["\(ours.bytes.count) bytes, the linker has \(theirs.bytes.count)"]
        }
        for index in ours.refused.intersection(theirs.refused) {
            for position in cases[index].range { ours.bytes[position] = theirs.bytes[position] }
        }
        if ours.bytes == theirs.bytes { return found }
        for position in ours.bytes.indices where ours.bytes[position] != theirs.bytes[position] && found.count < limit {
            let owner = cases.firstIndex { $0.range.contains(position) }
            found.append(
                "image+0x\(String(position, radix: 16)): \(ours.bytes[position]), the linker has "
                    + "\(theirs.bytes[position]); \(owner.map(name) ?? "no hole is there")")
        }
        return found
    }
}

extension CommittedTable.Fragment {
    /// The holes but those that only say what must not cross a boundary.
    var filledHoles: [CommittedTable.Hole] { holes.filter { $0.target != .nothing } }

    /// The hole of the auipc that a RISC-V lower half goes with: its addend has how far behind that it is.
    func upper(of hole: CommittedTable.Hole) -> CommittedTable.Hole? {
        guard hole.kind == .riscvPCLow12 || hole.kind == .riscvPCLow12Store else { return nil }
        return holes.last {
            $0.kind == .riscvPCHigh20 && $0.target == hole.target && $0.index == hole.index
                && hole.addend == $0.addend + Int64(hole.offset - $0.offset)
        }
    }
}
