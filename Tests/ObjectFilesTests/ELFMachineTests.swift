import Foundation
import Testing

import ObjectFiles

/// What differs between the machines, in sound objects.
@Suite("An object for another machine", .enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"))
struct ELFMachineTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let target: ELFTarget
        let flags: [String]
        /// What the object must have, so that the row tests what it means to.
        let shows: String

        var testDescription: String { "\(target) \(flags.joined(separator: " "))" }

        init(_ target: ELFTarget, _ flags: [String], shows: String) {
            self.target = target
            self.flags = flags
            self.shows = shows
        }
    }

    @Test(arguments: [
        Row(.i386, ["-O2", "-fno-pic"], shows: "R_386_PC32"),
        Row(.i386, ["-O1", "-fPIC"], shows: "R_386_TLS_GD"),
        Row(.i386, ["-O0", "-g"], shows: "RELOCATION RECORDS FOR [.debug_info]"),
        Row(.i386, ["-O2", "-fcommon", "-ffunction-sections"], shows: "*COM*"),
        Row(.aarch64, ["-O2"], shows: "R_AARCH64_LDST64_ABS_LO12_NC"),
        Row(.aarch64, ["-O1", "-fPIC"], shows: "R_AARCH64_TLSDESC_CALL"),
        Row(.aarch64, ["-O2", "-fno-pic", "-mcmodel=large"], shows: "R_AARCH64_MOVW_UABS_G3"),
        Row(.aarch64, ["-O0", "-g"], shows: "RELOCATION RECORDS FOR [.debug_info]"),
        Row(.riscv64, ["-O2"], shows: "R_RISCV_PCREL_LO12_S"),
        Row(.riscv64, ["-O1", "-fPIC"], shows: "R_RISCV_TLS_GD_HI20"),
        Row(.riscv64, ["-O0", "-g", "-mrelax", "-march=rv64gc"], shows: "R_RISCV_RELAX"),
        Row(.powerpc64le, ["-O2"], shows: "R_PPC64_REL24_NOTOC"),
        Row(.powerpc64le, ["-O2", "-fno-pic"], shows: "R_PPC64_PCREL34"),
        Row(.powerpc64le, ["-O1", "-fPIC"], shows: "R_PPC64_GOT_TLSGD_PCREL34"),
        Row(.powerpc64le, ["-O1", "-mcpu=pwr8"], shows: "R_PPC64_TOC16_HA"),
        Row(.powerpc64le, ["-O0", "-g"], shows: "RELOCATION RECORDS FOR [.debug_info]"),
    ])
    func isReadAsObjdumpReadsIt(_ row: Row) throws {
        try #require(Toolchain.found).expectSameAsObjdump(
            Sample.source, flags: row.target.clang + ["-ffreestanding"] + row.flags, shows: row.shows)
    }

    /// Local entry points of Power, visibility, and the marks of AArch64's and RISC-V's vector functions.
    @Test(arguments: ELFTarget.all)
    func theMachinesBitsOfSymbolsAreReadOver(target: ELFTarget) throws {
        var image = ELFBuilder.minimal(target).build()
        let sound = try Object(parsingELF: image.bytes, name: "minimal.o").symbols
        image[.symbol(5, 2, "st_other")] = 0xe2
        #expect(try Object(parsingELF: image.bytes, name: "minimal.o").symbols == sound)
    }

    /// Compressed instructions and every float ABI.
    @Test(arguments: 0...7 as ClosedRange<UInt64>)
    func flagsOfRISCVThatChangeNothing(flags: UInt64) throws {
        var image = ELFBuilder.minimal(.riscv64).build()
        image[.header("e_flags")] = flags
        #expect(try Object(parsingELF: image.bytes, name: "minimal.o").architecture == .riscv64)
    }
}

/// Addends that are in the fields that they belong to.
@Suite("Addends of i386")
struct ELFAddendTests {
    /// A type, the bytes of .text from offset 4 on (5, 6, ... otherwise), and the addend.
    @Test(arguments: [
        (1, [], 0x0807_0605), (1, [0xfc, 0xff, 0xff, 0xff], -4), (1, [0, 0, 0, 0x80], -0x8000_0000),
        (2, [0xff, 0xff, 0xff, 0x7f], 0x7fff_ffff), (4, [0xfb, 0xff, 0xff, 0xff], -5), (9, [0x10, 0, 0, 0], 16),
        (43, [0, 0, 0, 0], 0), (20, [], 0x0605), (20, [0, 0x80], -0x8000), (21, [0xfe, 0xff], -2),
        (22, [], 5), (22, [0x80], -0x80), (23, [0xff], -1), (0, [0xff], 0), (40, [0xff], 0),
    ] as [(UInt64, [UInt8], Int64)])
    func areSignedNumbersOfTheFieldsWidth(type: UInt64, bytes: [UInt8], addend: Int64) throws {
        var image = ELFBuilder.minimal(.i386).build()
        let start = image.start(of: 1)
        image.bytes.replaceSubrange(start..<start + 16, with: 1...16)
        image.bytes.replaceSubrange(start + 4..<start + 4 + bytes.count, with: bytes)
        image[.relocation(2, 0, "r_offset")] = 4
        image[.relocation(2, 0, "r_info")] = 3 << 8 | type
        let relocation = try Object(parsingELF: image.bytes, name: "minimal.o").sections[1].relocations[0]
        #expect(relocation.addend == addend)
        #expect(relocation.symbol == 3 && relocation.offset == 4 && relocation.type.raw == UInt32(type))
    }

    /// Each expression with the addend that it means.
    private static let expressions: [(text: String, addend: Int64)] = [
        (".long far + 0x12345678", 0x1234_5678), (".long far - 8", -8), (".long far + 4 - .", 4), ("call far", -4),
        (".long far - .", 0), (".short near + 0x123", 0x123), (".short near - 0x10 - .", -0x10), (".byte near - 3", -3),
        (".byte near + 5 - .", 5),
    ]

    /// The linker computes S + A, or S + A - P, from the object's own addends: from ours must come the same.
    @Test(.enabled(if: linker != nil, "needs ld.lld beside the swift on PATH"))
    func giveWhatALinkerStores() throws {
        let toolchain = try #require(Toolchain.found)
        let symbols: [String: Int64] = ["far": 0x4200_0000, "near": 0x20]
        let base: Int64 = 0x30
        let source = ".text\n" + Self.expressions.map { $0.text + "\n" }.joined()
        try toolchain.withObject(source, language: "assembler", flags: ELFTarget.i386.clang) { path in
            let object = try Object(parsingELF: [UInt8](Data(contentsOf: path)), name: "addends.o")
            let text = try #require(object.sections.first { $0.name == ".text" })
            #expect(text.relocations.map(\.addend) == Self.expressions.map(\.addend))

            let output = path.deletingLastPathComponent().appendingPathComponent("linked")
            _ = try toolchain.run(
                #require(Self.linker),
                [
                    "-m", "elf_i386", "--oformat=binary", "--image-base=0", "-Ttext=0x\(String(base, radix: 16))",
                    "-e", "0", "-o", output.path, path.path,
                ] + symbols.map { "--defsym=\($0)=\($1)" })
            let linked = [UInt8](try Data(contentsOf: output))
            try #require(linked.count == text.contents.count)
            for relocation in text.relocations {
                let symbol = try #require(symbols[object.symbols[relocation.symbol].name])
                let size = try #require(relocation.type.fieldSize)
                var value = symbol + relocation.addend
                if relocation.type.name.contains("PC") { value -= base + Int64(relocation.offset) }
                let field = linked[Int(relocation.offset)..<Int(relocation.offset) + size]
                let stored = (0..<size).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) }
                #expect(Array(field) == stored, "\(relocation)")
            }
        }
    }

    private static let linker: URL? = Toolchain.found.flatMap { toolchain in
        let linker = toolchain.clang.deletingLastPathComponent().appendingPathComponent("ld.lld")
        return FileManager.default.isExecutableFile(atPath: linker.path) ? linker : nil
    }
}
