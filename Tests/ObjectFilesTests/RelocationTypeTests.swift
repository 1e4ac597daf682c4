import Foundation
import Testing

import ObjectFiles

@Suite("Relocation types")
struct RelocationTypeTests {
    private static func type(_ raw: UInt32) -> RelocationType {
        RelocationType(format: .elf, architecture: .x86_64, raw: raw)
    }

    @Test func knownAndUnknownHaveNames() {
        #expect(Self.type(4).name == "R_X86_64_PLT32")
        #expect(Self.type(4).description == "R_X86_64_PLT32 (4)")
        #expect(Self.type(4).fieldSize == 4)
        #expect(Self.type(51).name == "R_X86_64_CODE_6_GOTPC32_TLSDESC")
        for raw: UInt32 in [39, 40, 52, .max] {
            #expect(Self.type(raw).name == "unknown (\(raw))")
            #expect(Self.type(raw).description == "unknown (\(raw))")
            #expect(Self.type(raw).fieldSize == nil)
        }
    }

    /// A type of each machine that stencils depend on, and what patches how much.
    @Test(arguments: [
        (.i386, 1, "R_386_32", 4), (.i386, 2, "R_386_PC32", 4), (.i386, 21, "R_386_PC16", 2),
        (.i386, 22, "R_386_8", 1), (.i386, 40, "R_386_TLS_DESC_CALL", 0),
        (.aarch64, 257, "R_AARCH64_ABS64", 8), (.aarch64, 269, "R_AARCH64_MOVW_UABS_G3", 4),
        (.aarch64, 275, "R_AARCH64_ADR_PREL_PG_HI21", 4), (.aarch64, 262, "R_AARCH64_PREL16", 2),
        (.aarch64, 569, "R_AARCH64_TLSDESC_CALL", 0),
        (.riscv64, 18, "R_RISCV_CALL", 8), (.riscv64, 19, "R_RISCV_CALL_PLT", 8), (.riscv64, 26, "R_RISCV_HI20", 4),
        (.riscv64, 43, "R_RISCV_ALIGN", 0), (.riscv64, 44, "R_RISCV_RVC_BRANCH", 2), (.riscv64, 51, "R_RISCV_RELAX", 0),
        (.riscv64, 53, "R_RISCV_SET6", 1),
        (.powerpc64le, 10, "R_PPC64_REL24", 4), (.powerpc64le, 11, "R_PPC64_REL14", 4),
        (.powerpc64le, 38, "R_PPC64_ADDR64", 8), (.powerpc64le, 50, "R_PPC64_TOC16_HA", 2),
        (.powerpc64le, 67, "R_PPC64_TLS", 0), (.powerpc64le, 116, "R_PPC64_REL24_NOTOC", 4),
        (.powerpc64le, 132, "R_PPC64_PCREL34", 8), (.powerpc64le, 133, "R_PPC64_GOT_PCREL34", 8),
        // The tools used below do not know these.
        (.powerpc64le, 121, "R_PPC64_PLTSEQ_NOTOC", 0), (.powerpc64le, 124, "R_PPC64_REL24_P9NOTOC", 4),
        (.powerpc64le, 128, "R_PPC64_D34", 8), (.powerpc64le, 136, "R_PPC64_ADDR16_HIGHER34", 2),
        (.powerpc64le, 144, "R_PPC64_D28", 8), (.powerpc64le, 246, "R_PPC64_REL16DX_HA", 4),
    ] as [(Object.Architecture, UInt32, String, Int)])
    func patchesAsMuch(_ architecture: Object.Architecture, raw: UInt32, name: String, fieldSize: Int) {
        let type = RelocationType(format: .elf, architecture: architecture, raw: raw)
        #expect(type.name == name)
        #expect(type.fieldSize == fieldSize)
    }

    /// How many types of a target llvm-objdump knows, at least; it knows neither the newest ones nor all
    /// that only assembly can have.
    static let known = [
        (ELFTarget.x86_64, 44), (.i386, 41), (.aarch64, 125), (.riscv64, 55), (.powerpc64le, 102),
    ]

    /// The names that llvm-objdump has for the types of a target, by number.
    private func names(of target: ELFTarget, by toolchain: Toolchain) throws -> [UInt32: String] {
        let numbers = 0..<(target.usesREL ? 256 : 1200) as Range<UInt32>
        var builder = ELFBuilder.minimal(target)
        builder.sections[2].contents = numbers.flatMap {
            ELFBuilder.relocation(offset: 0, type: $0, symbol: 3, addend: 0, for: target)
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ObjectFilesTests-\(UUID()).o")
        try Data(builder.build().bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let judge = ObjectDump(objdump: try toolchain.run(toolchain.objdump, ["-r", path.path])).relocations
        try #require(judge.count == numbers.count + 1)
        var names: [UInt32: String] = [:]
        for (number, line) in zip(numbers, judge.dropFirst()) {
            let words = line.split(separator: " ")
            try #require(words.count == 3 && words[2] == "CONTINUE")
            // AArch64 with 32-bit pointers is another target, its pointer authentication in the making, and what
            // RISC-V's vendors define depends on the vendor.
            let foreign = ["_P32_", "_AUTH_", "_CUSTOM"]
            if words[1] != "Unknown", !foreign.contains(where: words[1].contains) { names[number] = String(words[1]) }
        }
        return names
    }

    /// llvm-objdump prints one relocation of each type.
    @Test(.enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"), arguments: known)
    func namesAreObjdumps(target: ELFTarget, known: Int) throws {
        let names = try names(of: target, by: #require(Toolchain.found))
        #expect(names.count >= known)
        for (raw, name) in names {
            #expect(RelocationType(format: .elf, architecture: target.architecture, raw: raw).name == name)
        }
    }

    /// The other way around: clang's assembler makes the number of a name.
    @Test(.enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"), arguments: known)
    func numbersAreTheAssemblers(target: ELFTarget, known: Int) throws {
        let toolchain = try #require(Toolchain.found)
        // R_386_TLS_DESC's field is more than an addend, so that objects with it are refused.
        let names = try names(of: target, by: toolchain).values.filter { $0 != "R_386_TLS_DESC" }.sorted()
        let lines = names.enumerated().map { ".reloc \(16 * $0), \($1), symbol\n" }
        // Of Power's two ABIs, assembly has to say which it is for.
        let header = target.architecture == .powerpc64le ? ".abiversion 2\n.data\n" : ".data\n"
        let bytes = try toolchain.object(
            header + lines.joined() + ".space \(16 * names.count)\n", language: "assembler", flags: target.clang)
        let object = try Object(parsingELF: bytes, name: "types.o")
        let relocations = object.sections.flatMap(\.relocations).sorted { $0.offset < $1.offset }
        #expect(relocations.map(\.type.name) == names)
        #expect(relocations.map(\.offset) == names.indices.map { UInt64(16 * $0) })
        #expect(relocations.count >= known - 1)
    }

    @Test func ofMachOSayThreeFields() {
        let type = RelocationType(machO: .x86_64, type: 6, length: 2, isPCRelative: true)
        #expect(type.raw == 0x66)
        #expect(type.name == "X86_64_RELOC_SIGNED_1")
        #expect(type.description == "X86_64_RELOC_SIGNED_1 (type 6, length 2, pcrel 1)")
        #expect(type.fieldSize == 4)
        for length: UInt32 in 0...3 {
            let pointer = RelocationType(machO: .aarch64, type: 0, length: length, isPCRelative: false)
            #expect(pointer.name == "ARM64_RELOC_UNSIGNED")
            #expect(pointer.fieldSize == 1 << Int(length))
        }
        let wrongLength = RelocationType(machO: .x86_64, type: 6, length: 3, isPCRelative: true)
        #expect(wrongLength.description == "unknown (type 6, length 3, pcrel 1)")
        #expect(wrongLength.fieldSize == nil)
        for raw: UInt32 in [0x4b, 128, .max] {
            #expect(RelocationType(format: .machO, architecture: .x86_64, raw: raw).fieldSize == nil)
        }
        #expect(RelocationType(format: .machO, architecture: .riscv64, raw: 0x30).fieldSize == nil)
    }

    /// llvm-objdump prints one relocation of each type, which it knows by r_type alone.
    @Test(.enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"), arguments: [Object.Architecture.x86_64, .aarch64])
    func machONamesAreObjdumps(_ architecture: Object.Architecture) throws {
        let toolchain = try #require(Toolchain.found)
        var builder = architecture == .x86_64 ? MachOBuilder.minimal() : .minimalARM64()
        let types: [UInt64] = architecture == .x86_64 ? [0, 1, 2, 3, 4, 6, 7, 8, 9] : [UInt64](0...9)
        builder.sections[0].relocations = types.map { MachOBuilder.relocation(0, 3, type: $0, length: 2) }
        builder.sections[2].relocations = []
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ObjectFilesTests-\(UUID()).o")
        try Data(builder.build().bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let names = try toolchain.run(toolchain.objdump, ["-r", path.path]).split(separator: "\n").compactMap { line in
            line.hasPrefix("0000") ? line.split(separator: " ")[1] : nil
        }
        try #require(names.count == types.count)
        for (type, name) in zip(types, names) {
            let shapes = [false, true].flatMap { pcRelative in
                (0...3).map { length in
                    RelocationType(
                        machO: architecture, type: UInt32(type), length: length, isPCRelative: pcRelative)
                }
            }.filter { $0.fieldSize != nil }
            #expect(!shapes.isEmpty && shapes.allSatisfy { $0.name == name })
        }
    }
}
