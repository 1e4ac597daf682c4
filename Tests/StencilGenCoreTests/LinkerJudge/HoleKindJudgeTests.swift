import CStencils
import Foundation
import StencilGenCore
import Testing
import UopRuntime

/// The encoder against `ld.lld`, for every relocation that becomes a hole on machines other than the host's: the same bytes
/// wherever both take a value, and the same values refused.
@Suite struct HoleKindJudgeTests {
    /// A relocation in an instruction.
    struct Row: Sendable {
        let relocation: String
        let kind: UopHoleKind
        /// The instruction without its number; the first word in the low half, where there are two.
        let instruction: UInt64
        /// Whether the linker gets what is out of range there by a detour.
        var takesDetours = false
        /// Whether the linker drops low bits that should be 0, and says nothing: the encoder must refuse them.
        var dropsBits = false
        /// The relocation of an instruction before, whose distance this one completes.
        var high: (relocation: String, instruction: UInt32)?
    }

    struct Machine: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let target: String
        let addressBits: UInt64
        let rows: [Row]
    }

    static let auipc = (relocation: "R_RISCV_PCREL_HI20", instruction: 0x517 as UInt32)

    static let machines = [
        Machine(
            testDescription: "aarch64", target: "aarch64-unknown-linux-gnu", addressBits: 64,
            rows: [
                Row(relocation: "R_AARCH64_ABS64", kind: .absolute64, instruction: 0),
                Row(
                    relocation: "R_AARCH64_JUMP26", kind: .branch26, instruction: 0x1400_0000, takesDetours: true,
                    dropsBits: true),
                Row(
                    relocation: "R_AARCH64_CALL26", kind: .branch26, instruction: 0x9400_0000, takesDetours: true,
                    dropsBits: true),
                Row(relocation: "R_AARCH64_CONDBR19", kind: .branch19, instruction: 0x5400_0000),
                Row(relocation: "R_AARCH64_TSTBR14", kind: .branch14, instruction: 0x3600_0000, dropsBits: true),
                Row(relocation: "R_AARCH64_ADR_PREL_PG_HI21", kind: .page21, instruction: 0x9000_0000),
                Row(relocation: "R_AARCH64_ADD_ABS_LO12_NC", kind: .pageOffset12, instruction: 0x9100_0000),
                Row(relocation: "R_AARCH64_LDST8_ABS_LO12_NC", kind: .pageOffset12, instruction: 0x3940_0000),
                Row(relocation: "R_AARCH64_LDST16_ABS_LO12_NC", kind: .pageOffset12By2, instruction: 0x7940_0000),
                Row(relocation: "R_AARCH64_LDST32_ABS_LO12_NC", kind: .pageOffset12By4, instruction: 0xb940_0000),
                Row(relocation: "R_AARCH64_LDST64_ABS_LO12_NC", kind: .pageOffset12By8, instruction: 0xf940_0000),
                Row(relocation: "R_AARCH64_LDST128_ABS_LO12_NC", kind: .pageOffset12By16, instruction: 0x3dc0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G0_NC", kind: .move16G0, instruction: 0xd280_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G1_NC", kind: .move16G1, instruction: 0xf2a0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G2_NC", kind: .move16G2, instruction: 0xf2c0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G3", kind: .move16G3, instruction: 0xf2e0_0000),
            ]),
        Machine(
            testDescription: "riscv64", target: "riscv64-unknown-linux-gnu", addressBits: 64,
            rows: [
                Row(relocation: "R_RISCV_64", kind: .absolute64, instruction: 0),
                Row(relocation: "R_RISCV_BRANCH", kind: .riscvBranch12, instruction: 0x63),
                Row(relocation: "R_RISCV_JAL", kind: .riscvJump20, instruction: 0x6f),
                Row(relocation: "R_RISCV_CALL_PLT", kind: .riscvCall, instruction: 0x0000_80e7_0000_0097),
                Row(relocation: "R_RISCV_HI20", kind: .riscvHigh20, instruction: 0x537),
                Row(relocation: "R_RISCV_LO12_I", kind: .riscvLow12, instruction: 0x5_0513),
                Row(relocation: "R_RISCV_LO12_S", kind: .riscvLow12Store, instruction: 0xa1_2023),
                Row(relocation: "R_RISCV_PCREL_HI20", kind: .riscvPCHigh20, instruction: 0x517),
                Row(relocation: "R_RISCV_PCREL_LO12_I", kind: .riscvPCLow12, instruction: 0x5_0513, high: auipc),
                Row(relocation: "R_RISCV_PCREL_LO12_S", kind: .riscvPCLow12Store, instruction: 0xa1_2023, high: auipc),
            ]),
        Machine(
            testDescription: "powerpc64le", target: "powerpc64le-unknown-linux-gnu", addressBits: 64,
            rows: [
                Row(relocation: "R_PPC64_ADDR64", kind: .absolute64, instruction: 0),
                Row(relocation: "R_PPC64_REL24_NOTOC", kind: .ppcRelative24, instruction: 0x4800_0001, takesDetours: true),
                Row(relocation: "R_PPC64_REL14", kind: .ppcRelative14, instruction: 0x4182_0000, takesDetours: true),
                Row(relocation: "R_PPC64_PCREL34", kind: .ppcPrefixed34, instruction: 0x3860_0000_0610_0000),
            ]),
        Machine(
            testDescription: "i386", target: "i686-unknown-linux-gnu", addressBits: 32,
            rows: [
                Row(relocation: "R_386_32", kind: .word32, instruction: 0),
                Row(relocation: "R_386_PC32", kind: .pcWord32, instruction: 0),
            ]),
    ]

    /// Where the code runs: on a page, and on no multiple of anything but 8; near, and far from the beginning.
    static let placements: [UInt64] = [0x2000_0000, 0x7654_0ff8]

    /// One hole with one value.
    struct Case {
        let row: Row
        let offset: Int
        let target: UInt64
        /// How far behind the instruction that it completes the field is.
        let addend: Int64
    }

    static func values(_ row: Row) -> [Int64] {
        let field = row.kind.field
        let step = Int64(1) << Int64(field.aligned)
        var values: [Int64] = [0, step, -step, 1, 2, 3, 0x7ff, 0x800, -0x800, -0x801, 0xfff, 0x1000, 0x1234_5678, -0x1234_5678]
        values += [step / 2, 0x5555_5555_5555_5555, 0x3333_3333_3333_3333, 0x1248_1248_1248_1248].flatMap { bits in
            // Patterns of all the bits that fit.
            let inside = bits & (field.width < 64 ? (1 << Int64(field.width - 1)) - 1 : .max) & -step
            return [inside, -inside, bits]
        }
        if field.signedness == .any {
            values += [0x1234_5678_9abc_def0, -0x1234_5678_9abc_def0, .max, .min]
        } else {
            let half = Int64(1) << Int64(field.width - 1)
            let rounding: Int64 = field.rounding == 0 ? 0 : 1 << Int64(field.rounding - 1)
            let inside = [half - step - rounding, -half - rounding, (half - rounding) / 2 & -step]
            let outside = [half - rounding, -half - rounding - step, half * 4, -half * 8]
            values += inside + outside.map { field.base == .page ? $0 * 2 : $0 }
        }
        return row.takesDetours ? values.filter { !detours(row).contains($0) && isNear($0, row) } : values
    }

    /// Whether a distance is in the range that a row's field has.
    static func isNear(_ value: Int64, _ row: Row) -> Bool {
        let half = Int64(1) << Int64(row.kind.field.width - 1)
        return value >= -half && value < half
    }

    /// Distances just beyond the range: where linkers take detours.
    static func detours(_ row: Row) -> [Int64] {
        let half = Int64(1) << Int64(row.kind.field.width - 1)
        let step = Int64(1) << Int64(row.kind.field.aligned)
        return [half, -half - step, 2 * half, -4 * half]
    }

    static func cases(_ machine: Machine, at placement: UInt64) -> [Case] {
        var cases: [Case] = []
        var offset = 0
        for row in machine.rows {
            for value in values(row) {
                let before = row.high == nil ? 0 : 4
                let place = placement &+ UInt64(offset)
                let base = row.kind.field.base == .nothing ? 0 : place
                let mask: UInt64 = machine.addressBits == 64 ? .max : 0xffff_ffff
                cases.append(
                    Case(
                        row: row, offset: offset + before, target: base &+ UInt64(bitPattern: value) & mask,
                        addend: Int64(before)))
                offset += 16
            }
        }
        return cases
    }

    /// The code with its holes empty, and directives for the linker.
    static func assembly(_ cases: [Case]) -> String {
        var text = Linker.prologue
        for (index, item) in cases.enumerated() {
            let begin = item.offset - Int(item.addend)
            var words = [UInt32](repeating: 0, count: 4)
            if let high = item.row.high {
                words[0] = high.instruction
                words[1] = UInt32(truncatingIfNeeded: item.row.instruction)
                text += "high_\(index):\n.reloc \(begin), \(high.relocation), target_\(index)\n"
                text += ".reloc \(item.offset), \(item.row.relocation), high_\(index)\n"
            } else {
                words[0] = UInt32(truncatingIfNeeded: item.row.instruction)
                words[1] = UInt32(truncatingIfNeeded: item.row.instruction >> 32)
                text += ".reloc \(begin), \(item.row.relocation), target_\(index)\n"
            }
            text += ".4byte " + words.map { "0x\(String($0, radix: 16))" }.joined(separator: ",") + "\n"
        }
        return text
    }

    /// Places that the linker complains about, as offsets in the code.
    static func refused(_ messages: String) -> Set<Int> {
        Set(
            messages.split(separator: "\n").compactMap { line in
                guard let range = line.range(of: "judge+0x") else { return nil }
                return Int(line[range.upperBound...].prefix { $0.isHexDigit }, radix: 16)
            })
    }

    /// The contract's words and these rows say the same.
    @Test(arguments: machines) func everyRelocationIsJudged(_ machine: Machine) throws {
        for row in machine.rows {
            #expect(LinkerJudge.relocationNames(row.kind, machine: "R_").contains(row.relocation))
        }
        let prefix = try #require(machine.rows.first).relocation.split(separator: "_").prefix(2).joined(separator: "_") + "_"
        let judged = Set(machine.rows.map(\.relocation))
        // Alike in all but their names, or made into another before they become holes.
        let alike: Set = ["R_RISCV_CALL", "R_PPC64_REL24", "R_PPC64_GOT_PCREL34", "R_386_PLT32"]
        for raw in 0..<UInt8(UOP_HOLE_KIND_COUNT) {
            let kind = try #require(UopHoleKind(rawValue: raw))
            #expect(Set(LinkerJudge.relocationNames(kind, machine: prefix)).subtracting(alike).isSubset(of: judged))
        }
    }

    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing), arguments: machines, placements)
    func encoderAgrees(with machine: Machine, at placement: UInt64) throws {
        let linker = Linker(toolchain: try #require(Toolchain.found), target: machine.target)
        let directory = try TemporaryDirectory()
        let cases = Self.cases(machine, at: placement)
        let object = try linker.assemble(Self.assembly(cases), "code", in: directory)
        let symbols = cases.enumerated().map { (name: "target_\($0.offset)", value: $0.element.target) }
        let (bytes, messages) = try linker.link(object, symbols: symbols, at: placement)
        let refused = Self.refused(messages)
        try #require(bytes.count == 16 * cases.count, "\(messages)")
        var taken = 0
        for item in cases {
            let size = Int(item.row.kind.field.size)
            var code = (0..<size).map { UInt8(truncatingIfNeeded: item.row.instruction >> UInt64(8 * $0)) }
            let value = item.target &+ UInt64(bitPattern: item.addend)
            let words = "\(item.row.relocation), value \(Int64(bitPattern: value)) at \(placement + UInt64(item.offset))"
            do {
                var elements = code.mutableSpan
                var span = unsafe elements.mutableBytes
                try HoleEncoder().fill(
                    item.row.kind, value: value, in: &span, at: 0, runAddress: placement &+ UInt64(item.offset))
                #expect(!refused.contains(item.offset), "\(words): only the linker refuses it")
                #expect(code == Array(bytes[item.offset..<item.offset + size]), "\(words)")
                taken += 1
            } catch where item.row.dropsBits && error.kind == .misaligned {
                #expect(!refused.contains(item.offset), "\(words): the linker has learned to refuse it")
            } catch {
                #expect(refused.contains(item.offset), "\(words): only we refuse it: \(error)")
            }
        }
        #expect(taken > cases.count / 3)
        // Complaints are about holes, and about nothing else (a high half may be refused on its own).
        let places = Set(cases.map(\.offset)).union(cases.map { $0.offset - Int($0.addend) })
        #expect(refused.isSubset(of: places))
    }

    // MARK: Damage

    /// What a linker made of the cases of a machine.
    struct Judgement {
        let cases: [Case]
        let bytes: [UInt8]
        let refused: Set<Int>
        let placement: UInt64

        /// Whether a field of a kind stores what the linker does, and refuses what it refuses.
        func agrees(_ field: UopHoleField, of kind: UopHoleKind) -> Bool {
            cases.allSatisfy { $0.row.kind != kind || agrees(field, on: $0) }
        }

        private func agrees(_ field: UopHoleField, on item: Case) -> Bool {
            let size = Int(item.row.kind.field.size)
            var code = [UInt8](repeating: 0, count: 8)
            for index in 0..<size { code[index] = UInt8(truncatingIfNeeded: item.row.instruction >> UInt64(8 * index)) }
            let value = item.target &+ UInt64(bitPattern: item.addend)
            let place = placement &+ UInt64(item.offset)
            let stored: UInt64 =
                switch field.base {
                case .nothing: value
                case .place: value &- place
                case .page: (value & ~0xfff) &- (place & ~0xfff)
                }
            let error = unsafe code.withUnsafeMutableBytes { bytes in
                unsafe HoleEncoder.store(stored, in: field, at: bytes.baseAddress!)
            }
            if item.row.dropsBits, (value &- place) & 3 != 0, !refused.contains(item.offset) { return error == .misaligned }
            if error != nil { return refused.contains(item.offset) }
            return !refused.contains(item.offset) && Array(code.prefix(size)) == Array(bytes[item.offset..<item.offset + size])
                && code.dropFirst(size).allSatisfy { $0 == 0 }
        }
    }

    /// Where a target is beyond the range of a branch, the linker leads there by a detour: the code gets longer.
    static func takesDetour(_ row: Row, _ value: Int64, _ linker: Linker, at placement: UInt64) throws -> Bool {
        let item = Case(row: row, offset: 0, target: placement &+ UInt64(bitPattern: value), addend: 0)
        let directory = try TemporaryDirectory()
        let object = try linker.assemble(assembly([item]), "code", in: directory)
        return try linker.link(object, symbols: [("target_0", item.target)], at: placement).bytes.count != 16
    }

    /// Descriptions with one thing wrong that matters: a bit of a number, another sign, another base.
    static func damaged(_ field: UopHoleField) -> [(String, UopHoleField)] {
        var result: [(String, UopHoleField)] = []
        func flip(_ name: String, _ path: WritableKeyPath<UopHoleField, UInt8>) {
            for bit in 0..<7 as Range<UInt8> {
                var other = field
                other[keyPath: path] ^= 1 << bit
                result.append(("\(name) \(field[keyPath: path]) -> \(other[keyPath: path])", other))
            }
        }
        flip("size", \.size)
        // Where no value is refused for its size, the width says nothing.
        if field.signedness != .any { flip("width", \.width) }
        // Distances of pages are multiples of 4096 anyway.
        if field.base != .page { flip("aligned", \.aligned) }
        flip("partCount", \.partCount)
        let parts: [WritableKeyPath<UopHoleField, UopHolePart>] = [\.parts.0, \.parts.1, \.parts.2, \.parts.3]
        for part in parts.prefix(Int(field.partCount)) {
            flip("from", part.appending(path: \.from))
            flip("bits", part.appending(path: \.bits))
            flip("to", part.appending(path: \.to))
        }
        // All bits from the sign on are the same.
        let sign = field.width - 1
        result.removeAll { _, other in
            field.signedness == .signed && zip(field.allParts, other.allParts).contains { $0.from == sign && $1.from > sign && $1.from < 64 }
        }
        for base in [UopHoleBase.nothing, .place, .page] where base != field.base {
            var other = field
            other.base = base
            result.append(("base", other))
        }
        return result
    }

    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing), arguments: machines)
    func damageIsNoticed(_ machine: Machine) throws {
        let linker = Linker(toolchain: try #require(Toolchain.found), target: machine.target)
        let placement = Self.placements[1]
        let cases = Self.cases(machine, at: placement)
        let directory = try TemporaryDirectory()
        let object = try linker.assemble(Self.assembly(cases), "code", in: directory)
        let symbols = cases.enumerated().map { (name: "target_\($0.offset)", value: $0.element.target) }
        let (bytes, messages) = try linker.link(object, symbols: symbols, at: placement)
        let judgement = Judgement(cases: cases, bytes: bytes, refused: Self.refused(messages), placement: placement)
        var unnoticed: [String] = []
        var count = 0
        for kind in Set(machine.rows.map(\.kind)) {
            let isRight = judgement.agrees(kind.field, of: kind)
            #expect(isRight)
            let detours = try Self.detours(of: kind, machine, linker, at: placement)
            for (what, field) in Self.damaged(kind.field) {
                count += 1
                if judgement.agrees(field, of: kind), detours.allSatisfy({ Self.fits($0.value, field) != $0.isTaken }) { unnoticed.append("\(kind.name): \(what)") }
            }
        }
        #expect(unnoticed == [])
        #expect(count > 40)
    }

    /// Distances at both ends of the range of a kind's branches, and whether the linker takes a detour.
    static func detours(
        of kind: UopHoleKind, _ machine: Machine, _ linker: Linker, at placement: UInt64
    ) throws -> [(value: Int64, isTaken: Bool)] {
        guard let row = machine.rows.first(where: { $0.kind == kind && $0.takesDetours }) else { return [] }
        let half = Int64(1) << Int64(kind.field.width - 1)
        let step = Int64(1) << Int64(kind.field.aligned)
        let found = try (Self.detours(row) + [half - step, -half]).map { value in
            (value: value, isTaken: try takesDetour(row, value, linker, at: placement))
        }
        #expect(found.allSatisfy { fits($0.value, kind.field) != $0.isTaken }, "\(kind.name): \(found)")
        return found
    }

    static func fits(_ value: Int64, _ field: UopHoleField) -> Bool {
        var word = [UInt8](repeating: 0, count: 8)
        return unsafe word.withUnsafeMutableBytes {
            unsafe HoleEncoder.store(UInt64(bitPattern: value), in: field, at: $0.baseAddress!) == nil
        }
    }
}
