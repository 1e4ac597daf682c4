import Foundation
import Testing

import ObjectFiles

@Suite("Relocation types of COFF")
struct COFFRelocationTypeTests {
    @Test func unknownOnesHaveTheirNumber() {
        for architecture in Object.Architecture.allCases {
            let type = RelocationType(format: .coff, architecture: architecture, raw: 0x7fff)
            #expect(type.description == "unknown (32767)")
            #expect(type.fieldSize == nil)
        }
        let branch = RelocationType(format: .coff, architecture: .aarch64, raw: 3)
        #expect(branch.description == "IMAGE_REL_ARM64_BRANCH26 (3)")
        #expect(branch.fieldSize == 4)
    }

    /// llvm-objdump prints one relocation of each type.
    @Test(
        .enabled(if: Toolchain.found != nil, "\(Toolchain.missing)"),
        arguments: [(0x8664, .x86_64, 17), (0x14c, .i386, 11), (0xaa64, .aarch64, 18)]
            as [(UInt16, Object.Architecture, Int)])
    func namesAreObjdumps(machine: UInt16, architecture: Object.Architecture, count: Int) throws {
        let toolchain = try #require(Toolchain.found)
        var builder = COFFBuilder.minimal(machine: machine)
        builder.sections[0].relocations = (0..<32).map { (0, 5, UInt16($0)) }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ObjectFilesTests-\(UUID()).obj")
        try Data(builder.build().bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let judge = COFFDump(objdump: try toolchain.run(toolchain.objdump, ["-r", path.path])).relocations
        try #require(judge.count == 33)
        var known = 0
        for (raw, line) in judge.dropFirst().enumerated() {
            let type = RelocationType(format: .coff, architecture: architecture, raw: UInt32(raw))
            if type.fieldSize == nil {
                #expect(line.lowercased().contains("unknown"))
            } else {
                known += 1
                #expect(line == "0 \(type.name) CONTINUE")
            }
        }
        #expect(known == count)
    }
}
