import CStencils
import Foundation
import StencilGenCore
import Testing

/// A stencil set of a few lines, in a folder of its own.
struct TemporarySet {
    let location: StencilSetLocation
    private let directory: TemporaryDirectory

    /// `files` are names and texts; each text gets the include of UopDefine.h as its first line.
    init(_ files: [String: String], headers: URL = Checkout.headers) throws {
        directory = try TemporaryDirectory()
        let source = directory.url.appendingPathComponent("set")
        try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
        for (name, text) in files {
            try "#include \"UopDefine.h\"\n\(text)\n".write(
                to: source.appendingPathComponent(name), atomically: false, encoding: .utf8)
        }
        location = StencilSetLocation(
            name: "temporary", source: source, output: directory.url.appendingPathComponent("out"), headers: headers)
    }

    /// - Parameter includesRegisters: whether the forms with values in registers are made, too.
    func generate(isas: [UopISA] = [.X86_64], includesRegisters: Bool = false) throws -> GeneratedSet {
        var generator = try Generator(location, compiler: try #require(Toolchain.found).compiler)
        generator.targets = isas.map(StencilTarget.of)
        generator.includesRegisters = includesRegisters
        return try generator.generate()
    }

    /// The error that generating must end with.
    func refusal() throws -> StencilGenError {
        try #require(throws: StencilGenError.self) { _ = try generate() }
    }
}
