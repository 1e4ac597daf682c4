import Foundation
import Testing

import ObjectFiles

@Suite("Addends of COFF")
struct COFFAddendTests {
    /// A relocation whose field holds these bytes.
    struct Row: CustomTestStringConvertible, Sendable {
        let machine: UInt16
        let type: UInt16
        let field: [UInt8]
        let addend: Int64

        init(_ machine: UInt16, _ type: UInt16, _ field: [UInt8], _ addend: Int64) {
            self.machine = machine
            self.type = type
            self.field = field
            self.addend = addend
        }

        /// An instruction of A64.
        init(_ type: UInt16, _ instruction: UInt32, _ addend: Int64) {
            self.init(0xaa64, type, (0..<4).map { UInt8(instruction >> (8 * $0) & 255) }, addend)
        }

        var testDescription: String {
            "0x\(String(machine, radix: 16)) \(type): \(field.map { String($0, radix: 16) }.joined(separator: " "))"
        }
    }

    static let data: [Row] = [
        Row(0x8664, 0, [], 0),
        Row(0x8664, 1, [1, 0, 0, 0, 0, 0, 0, 0x80], .min + 1),
        Row(0x8664, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], .max),
        Row(0x8664, 2, [0xff, 0xff, 0xff, 0x7f], 0x7fff_ffff),
        Row(0x8664, 2, [0, 0, 0, 0x80], -0x8000_0000),
        Row(0x8664, 3, [8, 0, 0, 0], 8),
        Row(0x8664, 4, [0, 0, 0, 0], -4),
        Row(0x8664, 4, [0, 0, 0, 0x80], -0x8000_0004),
        Row(0x8664, 5, [0, 0, 0, 0], -5),
        Row(0x8664, 6, [0, 0, 0, 0], -6),
        Row(0x8664, 7, [0, 0, 0, 0], -7),
        Row(0x8664, 8, [0, 0, 0, 0], -8),
        Row(0x8664, 9, [4, 0, 0, 0], -5),
        Row(0x8664, 0xa, [0xfe, 0xff], -2),
        Row(0x8664, 0xb, [0xfc, 0xff, 0xff, 0xff], -4),
        Row(0x8664, 0xc, [0xff], 0x7f),
        Row(0x8664, 0xf, [], 0),
        Row(0x8664, 0x7fff, [9, 9, 9, 9], 0),
        Row(0x14c, 1, [0xff, 0xff], -1),
        Row(0x14c, 2, [0, 0], -2),
        Row(0x14c, 6, [4, 0, 0, 0], 4),
        Row(0x14c, 7, [4, 0, 0, 0], 4),
        Row(0x14c, 0xa, [1, 0], 1),
        Row(0x14c, 0xb, [1, 0, 0, 0], 1),
        Row(0x14c, 0xd, [0x81], 1),
        Row(0x14c, 0x14, [4, 0, 0, 0], 0),
        Row(0xaa64, 0xe, [8, 0, 0, 0, 0, 0, 0, 0], 8),
        Row(0xaa64, 1, [0xff, 0xff, 0xff, 0xff], -1),
        Row(0xaa64, 2, [4, 0, 0, 0], 4),
        Row(0xaa64, 8, [4, 0, 0, 0], 4),
        Row(0xaa64, 0xd, [4, 0], 4),
        Row(0xaa64, 0x11, [4, 0, 0, 0], 0),
    ]

    /// Each field at both ends of its range, and with all other bits of the instruction set or not.
    static let instructions: [Row] = [
        Row(3, 0x1400_0000, 0),
        Row(3, 0x95ff_ffff, 0x7ff_fffc),
        Row(3, 0x1600_0000, -0x800_0000),
        Row(3, 0x97ff_ffff, -4),
        Row(0xf, 0x547f_ffef, 0xf_fffc),
        Row(0xf, 0x5480_0000, -0x10_0000),
        Row(0xf, 0x34ff_ffff, -4),
        Row(0xf, 0xb500_0020, 4),
        Row(0x10, 0x3603_ffff, 0x7ffc),
        Row(0x10, 0xb7fc_0000, -0x8000),
        Row(0x10, 0x3707_ffff, -4),
        Row(4, 0x9000_0060, 12),
        Row(4, 0xf07f_ffff, 0xf_ffff),
        Row(4, 0x9080_0000, -0x10_0000),
        Row(4, 0xf0ff_ffff, -1),
        Row(5, 0x3000_0020, 5),
        Row(5, 0x70ff_ffff, -1),
        Row(6, 0x913f_ffff, 0xfff),
        Row(6, 0x1100_3000, 12),
        Row(7, 0x397f_fc00, 0xfff),
        Row(7, 0x3940_0c01, 3),
        Row(7, 0x7940_0c01, 6),
        Row(7, 0xb940_0c01, 12),
        Row(7, 0xf940_0c01, 24),
        Row(7, 0xf900_0c01, 24),
        Row(7, 0x3dc0_0c01, 48),
        Row(7, 0x3d80_0c01, 48),
        Row(7, 0x3d40_0c01, 3),
        Row(7, 0xfd40_0c01, 24),
        // The bit that a quad's size is in makes another load sign-extend.
        Row(7, 0x3980_0c01, 3),
        Row(7, 0xb980_0c01, 12),
        Row(9, 0x9100_1400, 5),
        Row(0xa, 0x9140_1400, 0x5000),
        Row(0xa, 0x917f_fc00, 0xff_f000),
        Row(0xb, 0xf940_0400, 8),
    ]

    @Test(arguments: data + instructions)
    func isReadFromTheField(_ row: Row) throws {
        var builder = COFFBuilder.minimal(machine: row.machine)
        builder.sections[0].contents.replaceSubrange(8..<8 + row.field.count, with: row.field)
        builder.sections[0].relocations = [(8, 5, row.type)]
        let object = try Object(parsingCOFF: builder.build().bytes, name: "addend.obj")
        let relocation = try #require(object.sections[0].relocations.first)
        #expect(relocation.addend == row.addend)
        #expect(relocation.type.raw == UInt32(row.type))
        #expect(relocation.symbol == 3)
    }

    /// An instruction that the type is not for: nothing that is there could be the addend.
    @Test(
        arguments: [
            (3, 0x5400_0000, "b or bl"),
            (0xf, 0x1400_0000, "b.cond, cbz or cbnz"),
            (0x10, 0x3400_0000, "tbz or tbnz"),
            (4, 0x1000_0000, "adrp"),
            (5, 0x9000_0000, "adr"),
            (6, 0x9140_0000, "add of an immediate"),
            (6, 0xd100_0000, "add of an immediate"),
            (6, 0xf940_0000, "add of an immediate"),
            (7, 0x9100_0000, "a load or store with an unsigned offset"),
            (7, 0xf840_0400, "a load or store with an unsigned offset"),
            (9, 0x9140_0000, "add of an immediate"),
            (0xa, 0x9100_0000, "add of an immediate shifted by 12"),
            (0xb, 0x9100_0000, "a load or store with an unsigned offset"),
        ] as [(UInt16, UInt32, String)])
    func isRefusedElsewhere(type: UInt16, instruction: UInt32, expected: String) throws {
        var builder = COFFBuilder.minimal(machine: 0xaa64)
        let field = (0..<4).map { UInt8(instruction >> (8 * $0) & 255) }
        builder.sections[0].contents.replaceSubrange(8..<12, with: field)
        builder.sections[0].relocations = [(8, 5, type)]
        let image = builder.build()
        let relocationType = RelocationType(format: .coff, architecture: .aarch64, raw: UInt32(type))
        let error = ObjectError(
            .wrongInstruction(type: relocationType, found: instruction, expected: expected),
            at: image.place(of: .relocation(0, 0, "Type"), in: (0, ".text")), in: "addend.obj")
        #expect(throws: error) { try Object(parsingCOFF: image.bytes, name: "addend.obj") }
    }

    /// What is written in assembly is what comes out: S + A, or S + A - P.
    struct Assembled: CustomTestStringConvertible, Sendable {
        let target: String
        let lines: String
        /// Type and addend of each relocation of .text.
        let expected: [String]
        var testDescription: String { target }
    }

    @Test(
        .enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"),
        arguments: [
            Assembled(
                target: "x86_64",
                lines: """
                    call x
                    jne x
                    leaq x+8(%rip), %rax
                    movl $5, x+8(%rip)
                    movb $5, x(%rip)
                    .quad x+8, x-8
                    .long x+8, x@IMGREL+4
                    .long x - .
                    .secrel32 x
                    .secidx x
                    """,
                expected: [
                    "REL32 -4", "REL32 -4", "REL32 4", "REL32 0", "REL32 -5", "ADDR64 8", "ADDR64 -8", "ADDR32 8",
                    "ADDR32NB 4", "REL32 0", "SECREL 0", "SECTION 0",
                ]),
            Assembled(
                target: "i686",
                lines: """
                    call x
                    movl $x+8, %eax
                    movl %eax, x-8
                    .long x@IMGREL+4
                    .long x - .
                    .secrel32 x
                    .secidx x
                    """,
                expected: [
                    "REL32 -4", "DIR32 8", "DIR32 -8", "DIR32NB 4", "REL32 0", "SECREL 0", "SECTION 0",
                ]),
            Assembled(
                target: "aarch64",
                lines: """
                    b x
                    bl x
                    b.eq x
                    cbnz x0, x
                    tbz x0, #40, x
                    adr x0, x+5
                    adrp x0, x+12
                    add x0, x0, :lo12:x+12
                    ldrb w1, [x0, :lo12:x+3]
                    ldrsh w1, [x0, :lo12:x+6]
                    ldr s1, [x0, :lo12:x+8]
                    str x1, [x0, :lo12:x+16]
                    ldr q1, [x0, :lo12:x+32]
                    add x0, x0, :secrel_hi12:x
                    add x0, x0, :secrel_lo12:x+5
                    ldr x0, [x0, :secrel_lo12:x+8]
                    .quad x+8
                    .long x+8, x@IMGREL+4
                    .long x - .
                    .secrel32 x
                    .secidx x
                    """,
                expected: [
                    "BRANCH26 0", "BRANCH26 0", "BRANCH19 0", "BRANCH19 0", "BRANCH14 0", "REL21 5",
                    "PAGEBASE_REL21 12", "PAGEOFFSET_12A 12", "PAGEOFFSET_12L 3", "PAGEOFFSET_12L 6",
                    "PAGEOFFSET_12L 8", "PAGEOFFSET_12L 16", "PAGEOFFSET_12L 32", "SECREL_HIGH12A 0",
                    "SECREL_LOW12A 5", "SECREL_LOW12L 8", "ADDR64 8", "ADDR32 8", "ADDR32NB 4", "REL32 0", "SECREL 0",
                    "SECTION 0",
                ]),
        ])
    func isWhatWasWritten(_ row: Assembled) throws {
        let toolchain = try #require(Toolchain.found)
        let bytes = try toolchain.object(
            ".text\n\(row.lines)\n", language: "assembler", flags: ["--target=\(row.target)-pc-windows-msvc"])
        let object = try Object(parsingCOFF: bytes, name: "assembled.obj")
        let relocations = object.sections[0].relocations.map { relocation in
            let name = relocation.type.name.split(separator: "_", maxSplits: 3).last ?? ""
            return "\(name) \(relocation.addend)"
        }
        #expect(relocations == row.expected)
        #expect(object.sections[0].relocations.allSatisfy { object.symbols[$0.symbol].name == "x" })
    }
}
