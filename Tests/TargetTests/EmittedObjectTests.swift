import BFFrontEnd
import CStencils
import EmulationSupport
import Foundation
import ObjectFiles
import Testing
import UopRuntime
import UopVM

/// What `uopjit --target NAME --emit-object` writes for Linux: a linker completes it, so that the other processor only executes it.
@Suite(.serialized) struct EmittedObjectTests {
    private static let example = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Examples/gcd.uops").standardizedFileURL
    private static let linux = EmulatedTarget.available.filter { $0.convention == .standard }
    /// Another page than the one that code was made for.
    private static let elsewhere: UInt64 = 0x1234_5000

    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: linux)
    func linkedObjectRuns(_ target: EmulatedTarget) throws {
        let program = try EmittedProgram(try String(contentsOf: Self.example, encoding: .utf8), for: target.isa)
        let bytes = try program.picture.object(as: .elf)
        let object = try Object(parsing: bytes, name: "gcd.o")
        let text = try #require(object.sections.first { $0.name == ".text" })
        let enter = try #require(object.symbols.first { $0.name == "uopjit_enter" })
        #expect(text.flags.contains(.executable) && enter.value == 0 && text.alignment == 4096)
        // It has no functions to call; where there is nothing to relocate at all, a linker changes nothing.
        #expect(!object.symbols.dropFirst().contains { $0.placement == .undefined })
        #expect(target.isa == .I686 || text.relocations.isEmpty)
        let processor = try EmulatedProcessor(target)
        for address in [EmittedProgram.address, Self.elsewhere] {
            let linked = try Self.linked(bytes, target, at: address)
            #expect(linked == text.contents || !text.relocations.isEmpty)
            #expect(linked.count == text.contents.count)
            program.execution.reset()
            _ = try program.run([(address, linked)], base: address, object: object, on: processor)
            // It stops when its fuel is used up, or at its end; either way it has counted.
            #expect(program.execution.machine.fuel < EmittedProgram.fuel)
        }
    }

    /// A function that stencils call by name is a symbol that another object defines.
    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: linux)
    func functionsOfOtherObjectsAreCalled(_ target: EmulatedTarget) throws {
        let program = try EmittedProgram(EmittedProgram.remainders, for: target.isa)
        let bytes = try program.picture.object(as: .elf)
        let object = try Object(parsing: bytes, name: "remainders.o")
        let text = try #require(object.sections.first { $0.name == ".text" })
        let undefined = object.symbols.dropFirst().filter { $0.placement == .undefined }
        #expect(undefined.map(\.name) == ["fmod"])
        let types = Set(text.relocations.filter { object.symbols[$0.symbol].name == "fmod" }.map(\.type.name))
        #expect(types == Self.relocations(target.isa))
        // Constants have absolute addresses on i686 only.
        let own = text.relocations.filter { object.symbols[$0.symbol].name != "fmod" }
        #expect(own.isEmpty == (target.isa != .I686))
        #expect(own.allSatisfy { object.symbols[$0.symbol].kind == .section && $0.type.name == "R_386_32" })

        let processor = try EmulatedProcessor(target)
        for address in [EmittedProgram.address, Self.elsewhere] {
            let linked = try EmittedProgram.withFolder { folder in
                let remainder = folder.appendingPathComponent("fmod.o")
                try target.compileRemainder(to: remainder)
                return try Self.linked(bytes, target, at: address, with: [remainder], in: folder)
            }
            program.execution.reset()
            let shown = try program.run([(address, linked)], base: address, object: object, on: processor)
            #expect(shown == EmittedProgram.expectedRemainders, "\(target.name) at \(address)")
        }
    }

    /// Linked where it was made for, code is what was made, of every example and several parts of BF programs.
    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: linux)
    func linkingWhereItWasMadeForChangesNothing(_ target: EmulatedTarget) throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()], forObjectOf: target.isa)
        var count = 0
        func check(_ picture: CodePicture, _ name: String) throws {
            let bytes = try picture.object(as: .elf)
            let object = try Object(parsing: bytes, name: name)
            if object.symbols.dropFirst().contains(where: { $0.placement == .undefined }) { return }
            #expect(try Self.linked(bytes, target, at: EmittedProgram.address) == picture.bytes, "\(name) on \(target.name)")
            count += 1
        }
        let files = try FileManager.default.contentsOfDirectory(at: Self.example.deletingLastPathComponent(), includingPropertiesForKeys: nil)
        for file in files where file.pathExtension == "uops" {
            try check(EmittedProgram(String(contentsOf: file, encoding: .utf8), for: target.isa).picture, file.lastPathComponent)
        }
        // More instructions than one part has.
        let long = String(repeating: "[->+++<]>.+", count: 3000)
        for text in ["++++++++[>++++++++<-]>+.", long] {
            let execution = try BFExecution(try BFProgram(Array(text.utf8)), library: library)
            var arena = CodeArena.Options()
            arena.foreignAddress = EmittedProgram.address
            execution.arena = arena
            try check(execution.picture(), "BF")
        }
        #expect(count >= 10)
    }

    /// How an address comes into code, or into a word beside it.
    private static func relocations(_ isa: UopISA) -> Set<String> {
        switch isa {
        case .X86_64, .X86_64_V3: ["R_X86_64_64"]
        case .AARCH64:
            ["R_AARCH64_MOVW_UABS_G0_NC", "R_AARCH64_MOVW_UABS_G1_NC", "R_AARCH64_MOVW_UABS_G2_NC", "R_AARCH64_MOVW_UABS_G3"]
        case .I686: ["R_386_32"]
        case .RISCV64: ["R_RISCV_64"]
        case .POWERPC64LE: ["R_PPC64_ADDR64"]
        }
    }

    private static func linked(_ object: [UInt8], _ target: EmulatedTarget, at address: UInt64) throws -> [UInt8] {
        try EmittedProgram.withFolder { try linked(object, target, at: address, with: [], in: $0) }
    }

    /// The bytes that `ld.lld` gives where the section lies at an address, and those of other objects behind it.
    private static func linked(
        _ object: [UInt8], _ target: EmulatedTarget, at address: UInt64, with others: [URL], in folder: URL
    ) throws -> [UInt8] {
        let (input, output) = (folder.appendingPathComponent("a.o"), folder.appendingPathComponent("a.bin"))
        let script = folder.appendingPathComponent("a.ld")
        try Data(object).write(to: input)
        try """
        SECTIONS {
            .text 0x\(String(address, radix: 16)) : { *(.text .text.* .rodata .rodata.* .data .got .toc) }
            /DISCARD/ : { *(.comment .note.* .eh_frame .ARM.* .riscv.attributes) }
        }
        """.write(to: script, atomically: false, encoding: .utf8)
        try EmulatedTarget.link(
            ["--oformat=binary", "-T", script.path, "-e", "uopjit_enter", input.path] + others.map(\.path) + ["-o", output.path])
        return Array(try Data(contentsOf: output))
    }
}
