import Foundation
import StencilGenCore
import Testing

/// The tools that these tests run: all lie beside the `swift` that PATH finds.
struct Toolchain: Sendable {
    let compiler: Compiler
    let lld: URL
    let objcopy: URL

    static let missing: Comment = "needs clang 19 or later, ld.lld and llvm-objcopy beside the swift on PATH"

    /// Nil where a tool is missing: the cases that need them are skipped then.
    static let found: Toolchain? = {
        guard let folder = folderOfSwift, let directory = try? TemporaryDirectory(),
            let compiler = try? Compiler(at: folder.appendingPathComponent("clang"), directory: directory.url)
        else { return nil }
        let tools = ["ld.lld", "llvm-objcopy"].map { folder.appendingPathComponent($0) }
        guard tools.allSatisfy({ FileManager.default.isExecutableFile(atPath: $0.path) }) else { return nil }
        return Toolchain(compiler: compiler, lld: tools[0], objcopy: tools[1])
    }()

    /// The folder that the `swift` on PATH really lies in.
    static let folderOfSwift: URL? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").lazy
            .map { URL(fileURLWithPath: String($0)).appendingPathComponent("swift") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }?
            .resolvingSymlinksInPath().deletingLastPathComponent()
    }()

    /// Runs a tool, and fails where it does not end with 0.
    @discardableResult
    static func run(_ tool: URL, _ arguments: [String], in directory: TemporaryDirectory) throws -> ProcessResult {
        let result = try runProcess(tool, arguments, directory: directory.url)
        try #require(result.status == 0, "\(tool.lastPathComponent): \(result.errors)")
        return result
    }
}

/// Files of this checkout.
enum Checkout {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let root = tests.appendingPathComponent("../..").standardizedFileURL
    static let headers = root.appendingPathComponent("Sources/CStencils/include")

    /// This package's own set.
    static let base = StencilSetLocation(
        name: "base", source: root.appendingPathComponent("Stencils"),
        output: root.appendingPathComponent("Sources/CStencils"), headers: headers)

    /// What this toolchain's clang makes of this package's own set, without the forms with registers: those take
    /// minutes. Generated once.
    /// Copies the headers of the contract, pages and all, to an empty folder.
    static func copyHeaders(to folder: URL) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: headers.path) {
            try FileManager.default.copyItem(at: headers.appendingPathComponent(name), to: folder.appendingPathComponent(name))
        }
    }

    static let generated = Result {
        var generator = try Generator(base, compiler: try #require(Toolchain.found).compiler)
        generator.includesRegisters = false
        return try generator.generate()
    }
}

@Suite struct ToolchainTests {
    /// Cases without tools are skipped; that all of them were must not look like success.
    @Test(.enabled(if: Toolchain.folderOfSwift.map { FileManager.default.fileExists(atPath: $0.path + "/clang") } ?? false))
    func whatLiesBesideSwiftIsUsed() throws {
        _ = try #require(Toolchain.found, "clang lies beside swift, and still every case that needs it would be skipped")
    }
}
