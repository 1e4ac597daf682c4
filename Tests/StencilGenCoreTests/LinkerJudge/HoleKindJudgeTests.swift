import CStencils
import StencilGenCore
import Testing
import UopRuntime

/// The encoder against `ld.lld`, for every relocation that becomes a hole: the same bytes wherever both take a value, and the
/// same values refused.
@Suite struct HoleKindJudgeTests {
    /// A relocation in an instruction.
    struct Row: Sendable {
        let relocation: String
        let kind: UopHoleKind
        /// The instruction without its number; the first word in the low half, where there are two.
        let instruction: UInt64
        /// The relocation of an instruction before, whose distance this one completes.
        var high: (relocation: String, instruction: UInt32)?
    }

    struct Subject: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let machine: JudgedMachine
        let rows: [Row]

        init(_ isa: UopISA, _ rows: [Row]) {
            testDescription = isa.name
            machine = .of(isa)
            self.rows = rows
        }
    }

    static let auipc = (relocation: "R_RISCV_PCREL_HI20", instruction: 0x517 as UInt32)

    static let machines = [
        Subject(
            .X86_64,
            [
                Row(relocation: "R_X86_64_8", kind: .absolute8Signed, instruction: 0),
                Row(relocation: "R_X86_64_32", kind: .absolute32, instruction: 0),
                Row(relocation: "R_X86_64_32S", kind: .absolute32Signed, instruction: 0),
                Row(relocation: "R_X86_64_64", kind: .absolute64, instruction: 0),
                Row(relocation: "R_X86_64_PC32", kind: .pcRelative32, instruction: 0),
                Row(relocation: "R_X86_64_PLT32", kind: .pcRelative32, instruction: 0),
            ]),
        Subject(
            .AARCH64,
            [
                Row(relocation: "R_AARCH64_ABS64", kind: .absolute64, instruction: 0),
                Row(relocation: "R_AARCH64_JUMP26", kind: .branch26, instruction: 0x1400_0000),
                Row(relocation: "R_AARCH64_CALL26", kind: .branch26, instruction: 0x9400_0000),
                Row(relocation: "R_AARCH64_CONDBR19", kind: .branch19, instruction: 0x5400_0000),
                Row(relocation: "R_AARCH64_TSTBR14", kind: .branch14, instruction: 0x3600_0000),
                Row(relocation: "R_AARCH64_ADR_PREL_PG_HI21", kind: .page21, instruction: 0x9000_0000),
                Row(relocation: "R_AARCH64_ADD_ABS_LO12_NC", kind: .pageOffset12, instruction: 0x9100_0000),
                Row(relocation: "R_AARCH64_LDST8_ABS_LO12_NC", kind: .pageOffset12, instruction: 0x3940_0000),
                Row(relocation: "R_AARCH64_LDST16_ABS_LO12_NC", kind: .pageOffset12By2, instruction: 0x7940_0000),
                Row(relocation: "R_AARCH64_LDST32_ABS_LO12_NC", kind: .pageOffset12By4, instruction: 0xb940_0000),
                Row(relocation: "R_AARCH64_LDST64_ABS_LO12_NC", kind: .pageOffset12By8, instruction: 0xf940_0000),
                Row(relocation: "R_AARCH64_LDST128_ABS_LO12_NC", kind: .pageOffset12By16, instruction: 0x3dc0_0000),
                // With bits above the field, so that it shows if they are cleared.
                Row(relocation: "R_AARCH64_MOVW_UABS_G0", kind: .move16Unsigned16, instruction: 0xd2e0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G1", kind: .move16Unsigned32, instruction: 0xd2a0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G0_NC", kind: .move16G0, instruction: 0xf280_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G1_NC", kind: .move16G1, instruction: 0xf2a0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G2_NC", kind: .move16G2, instruction: 0xf2c0_0000),
                Row(relocation: "R_AARCH64_MOVW_UABS_G3", kind: .move16G3, instruction: 0xf2e0_0000),
            ]),
        Subject(
            .RISCV64,
            [
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
        Subject(
            .POWERPC64LE,
            [
                Row(relocation: "R_PPC64_ADDR64", kind: .absolute64, instruction: 0),
                Row(relocation: "R_PPC64_ADDR16", kind: .ppcSigned16, instruction: 0x3860_0000),
                Row(relocation: "R_PPC64_REL24_NOTOC", kind: .ppcRelative24, instruction: 0x4800_0001),
                Row(relocation: "R_PPC64_REL14", kind: .ppcRelative14, instruction: 0x4182_0000),
                Row(relocation: "R_PPC64_PCREL34", kind: .ppcPrefixed34, instruction: 0x3860_0000_0610_0000),
            ]),
        Subject(
            .I686,
            [
                Row(relocation: "R_386_8", kind: .absolute8Signed, instruction: 0),
                Row(relocation: "R_386_32", kind: .absolute32Signed, instruction: 0),
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

    static func values(_ kind: UopHoleKind) -> [Int64] {
        let field = kind.field
        let step = Int64(1) << Int64(field.aligned)
        var values: [Int64] = [0, step, -step, 1, 2, 3, 0x7ff, 0x800, -0x800, -0x801, 0xfff, 0x1000, 0x1234_5678, -0x1234_5678]
        values += [step / 2, 0x5555_5555_5555_5555, 0x3333_3333_3333_3333, 0x1248_1248_1248_1248].flatMap { bits in
            // Patterns of all the bits that fit.
            let inside = bits & (field.width < 64 ? (1 << Int64(field.width - 1)) - 1 : .max) & -step
            return [inside, -inside, bits]
        }
        let half = Int64(1) << Int64(field.width - 1)
        let rounding: Int64 = field.rounding == 0 ? 0 : 1 << Int64(field.rounding - 1)
        switch field.signedness {
        case .any: values += [0x8000_0000, 0x1234_5678_9abc_def0, -0x1234_5678_9abc_def0, .max, .min]
        case .unsigned: values += [2 * half - step, 2 * half, -1, half, half - 1, 4 * half, -half, -2 * half, .max, .min]
        case .signed:
            let inside = [half - step - rounding, -half - rounding, (half - rounding) / 2 & -step]
            let outside = [half - rounding, -half - rounding - step, half * 4, -half * 8]
            values += inside + (field.base == .page ? [half - 0x1000] + outside.map { 2 * $0 } : outside)
        }
        return values
    }

    static func cases(_ subject: Subject, at placement: UInt64) -> [Case] {
        var cases: [Case] = []
        var offset = 0
        for row in subject.rows {
            for value in values(row.kind) {
                let before = row.high == nil ? 0 : 4
                let place = placement &+ UInt64(offset)
                let base = row.kind.field.base == .nothing ? 0 : place
                cases.append(
                    Case(
                        row: row, offset: offset + before, target: base &+ UInt64(bitPattern: value),
                        addend: Int64(before)))
                offset += 16
            }
        }
        return cases
    }

    /// The code with its holes empty, and directives for the linker.
    private static func assembly(_ cases: [Case]) -> String {
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

    /// What the linker makes of every relocation of a machine at every value.
    static func judged(_ subject: Subject, at placement: UInt64) throws -> [JudgedHole] {
        let linker = Linker(toolchain: try #require(Toolchain.found), target: subject.machine.triple)
        let directory = try TemporaryDirectory()
        let cases = cases(subject, at: placement)
        let symbols = cases.enumerated().map { (name: "target_\($0.offset)", value: $0.element.target & subject.machine.mask) }
        let linked = try linker.link(
            [linker.assemble(assembly(cases), "code", in: directory), linker.assemble(symbols: symbols, in: directory)], at: placement)
        try #require(linked.bytes.count == 16 * cases.count)
        // Complaints are about holes, and about nothing else (a high half may be refused on its own).
        let places = Set(cases.map(\.offset)).union(cases.map { $0.offset - Int($0.addend) })
        #expect(linked.refused.isSubset(of: places))
        return cases.map { item in
            let size = Int(item.row.kind.field.size)
            return JudgedHole(
                relocation: item.row.relocation, kind: item.row.kind, instruction: item.row.instruction,
                value: item.target &+ UInt64(bitPattern: item.addend), place: placement &+ UInt64(item.offset),
                bytes: Array(linked.bytes[item.offset..<item.offset + size]), isRefused: linked.refused.contains(item.offset))
        }
    }

    /// The contract's words and these rows say the same.
    @Test(arguments: machines) func everyRelocationIsJudged(_ subject: Subject) throws {
        for row in subject.rows { #expect(subject.machine.relocations(row.kind).contains(row.relocation)) }
        let judged = Set(subject.rows.map(\.relocation) + GlobalTableJudgeTests.rows.map(\.relocation))
        // Alike in all but their names.
        let alike: Set = ["R_RISCV_CALL", "R_PPC64_REL24", "R_386_PLT32"]
        for raw in 0..<UInt8(UOP_HOLE_KIND_COUNT) {
            let names = JudgedMachine.names(try #require(UopHoleKind(rawValue: raw))).filter { $0.hasPrefix(subject.machine.prefix) }
            #expect(Set(names).subtracting(alike).isSubset(of: judged))
        }
    }

    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing), arguments: machines, placements)
    func encoderAgrees(with subject: Subject, at placement: UInt64) throws {
        let holes = try Self.judged(subject, at: placement)
        #expect(holes.compactMap { $0.disagreement(on: subject.machine) } == [])
        #expect(holes.count { !$0.isRefused } > holes.count / 3)
    }

    /// Whatever is wrong in the description of a kind's field, the linker's judgement shows it.
    @Test(.enabled(if: Toolchain.found != nil, Toolchain.missing), arguments: machines)
    func damageIsNoticed(_ subject: Subject) throws {
        let holes = try Self.judged(subject, at: Self.placements[1])
        var count = 0
        for kind in Set(subject.rows.map(\.kind)) {
            let own = holes.filter { $0.kind == kind }
            #expect(own.allSatisfy { $0.agrees(kind.field, on: subject.machine) })
            let damaged = kind.field.damaged
            count += damaged.count
            for (what, field) in damaged {
                #expect(!own.allSatisfy { $0.agrees(field, on: subject.machine) }, "\(kind.name): \(what)")
            }
        }
        #expect(count > 40)
    }
}
