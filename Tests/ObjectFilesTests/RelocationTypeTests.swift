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

    /// llvm-objdump prints one relocation of each type. It does not know the newest ones, nor
    /// R_X86_64_RELATIVE64, which is for x32 alone.
    @Test(.enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"))
    func namesAreObjdumps() throws {
        let toolchain = try #require(Toolchain.found)
        var builder = ELFBuilder.minimal()
        builder.sections[2].contents = (0..<60).flatMap {
            ELFBuilder.relocation(offset: 0, type: $0, symbol: 3, addend: 0)
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ObjectFilesTests-\(UUID()).o")
        try Data(builder.build().bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let judge = ObjectDump(objdump: try toolchain.run(toolchain.objdump, ["-r", path.path])).relocations
        try #require(judge.count == 61)
        let known = judge.dropFirst().enumerated().filter { !$1.contains(" Unknown ") }
        #expect(known.count >= 44)
        for (raw, line) in known {
            #expect(line == "0000000000000000 \(Self.type(UInt32(raw)).name) CONTINUE")
        }
    }
}
