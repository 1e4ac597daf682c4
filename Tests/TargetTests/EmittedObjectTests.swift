import CStencils
import EmulationSupport
import Foundation
import ObjectFiles
import Testing
import UopRuntime
import UopVM

/// What `uopjit --target NAME --emit-object` writes: code that is patched here, so that the other processor only executes it.
@Suite(.serialized) struct EmittedObjectTests {
    private static let example = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Examples/gcd.uops").standardizedFileURL
    private static let address: UInt64 = 0x1000_0000

    @Test(.enabled(if: EmulatedTarget.isAnyAvailable, EmulatedTarget.nothing), arguments: EmulatedTarget.available.filter { uop_can_execute($0.isa) == 0 })
    func linkedObjectRuns(_ target: EmulatedTarget) throws {
        // Without a processor, as the command makes it.
        let library = try unsafe StencilLibrary([uop_base_stencils()], for: target.isa)
        var options = Execution.Options()
        options.arena.foreignAddress = Self.address
        options.fuel = 10_000
        let execution = try Execution(try Self.program(library), library: library, options: options)
        let picture = try execution.picture()
        let object = try Object(parsing: picture.object, name: "gcd.o")
        let text = try #require(object.sections.first { $0.name == ".text" })
        let enter = try #require(object.symbols.first { $0.name == "uopjit_enter" })
        let entry = try #require(object.symbols.first { $0.name.hasPrefix("main._LOAD_FAST_0") })
        #expect(text.relocations.isEmpty && text.flags.contains(.executable) && enter.value == 0)
        // A linker that puts it there changes nothing.
        let linked = try Self.linked(picture.object, target)
        #expect(linked == text.contents)

        let processor = try EmulatedProcessor(target)
        try processor.load(linked, at: Self.address)
        let machine = execution.machine
        machine.fuel = 10_000
        let code = try execution.prepared()
        let returning = try #require(object.symbols.first { $0.name == "uopjit_return" })
        let (image, places) = machine.foreignImage(
            for: processor, usedSpills: code.spillCount,
            exitTargets: Array(repeating: Self.address + returning.value, count: code.exitPointCount))
        let data = try processor.call(
            Self.address + enter.value, frame: image.address(places.frame), code: Self.address + entry.value, data: image.bytes
        ) { _, _ in ForeignHelperAnswer(status: -1, result: 0, floor: 0) }
        machine.takeBack(data, places)
        // It stops when its fuel is used up, or at its end; either way it has counted.
        #expect(machine.fuel < 10_000)
    }

    private static func program(_ library: StencilLibrary) throws -> VerifiedProgram {
        let catalog = UopCatalog(library)
        return try Program(parsing: String(contentsOf: example, encoding: .utf8), catalog: catalog).verified(catalog: catalog)
    }

    /// The bytes that `ld.lld` gives where the section lies at its address.
    private static func linked(_ object: [UInt8], _ target: EmulatedTarget) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("uop-object-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appendingPathComponent("a.o"), folder.appendingPathComponent("a.bin"))
        try Data(object).write(to: input)
        try EmulatedTarget.link([
            "--oformat=binary", "-Ttext=0x\(String(address, radix: 16))", "-e", "uopjit_enter", input.path, "-o", output.path,
        ])
        return Array(try Data(contentsOf: output))
    }
}
