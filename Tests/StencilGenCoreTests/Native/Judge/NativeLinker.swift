import Foundation
import ObjectFiles
import StencilGenCore
import Testing

/// lld for macOS or Windows, as Debian has it: the Swift toolchain's refuses macOS.
struct NativeLinker: Sendable {
    let target: StencilTarget
    let tool: URL
    private let compiler: Compiler

    static let missing: Comment = "needs lld-link-19 and ld64.lld-19 on PATH (Debian: lld-19)"
    static let areFound = Toolchain.found != nil && StencilTarget.native.allSatisfy { tool(for: $0) != nil }

    /// A program on PATH, by its first name that is there.
    static func program(_ names: [String]) -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return names.lazy.flatMap { name in folders.lazy.map { URL(fileURLWithPath: $0).appendingPathComponent(name) } }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    private static func tool(for target: StencilTarget) -> URL? {
        target.format == .machO ? program(["ld64.lld-19", "ld64.lld-20"]) : program(["lld-link-19", "lld-link"])
    }

    init(_ target: StencilTarget) throws {
        self.target = target
        tool = try #require(Self.tool(for: target))
        compiler = try #require(Toolchain.found).compiler
    }

    /// Links objects with absolute symbols, the image to begin at `base`. There is no image where the linker wrote none.
    func link(
        _ objects: [String], symbols: [String: UInt64], entry: String, at base: UInt64
    ) throws -> (image: LinkedImage?, messages: String) {
        // Several links may be under way at once.
        let directory = try TemporaryDirectory()
        let source = directory.url.appendingPathComponent("symbols.s")
        try symbols.sorted { $0.key < $1.key }.map { ".globl \($0)\n.set \($0), 0x\(String($1, radix: 16))\n" }.joined()
            .write(to: source, atomically: false, encoding: .utf8)
        try Toolchain.run(
            compiler.executable, ["--target=\(target.triple)", "-c", source.path, "-o", "symbols.o"], in: directory)
        let output = directory.url.appendingPathComponent("image")
        let arguments = target.format == .machO ? machOArguments(base, entry) : coffArguments(base)
        let result = try runProcess(
            tool, arguments + objects + ["symbols.o"] + (target.format == .machO ? ["-o", "image"] : ["/out:image"]),
            directory: directory.url)
        let messages = result.output + result.errors
        guard let data = try? Data(contentsOf: output) else { return (nil, messages) }
        return (target.format == .machO ? LinkedImage(machO: Array(data)) : LinkedImage(pe: Array(data)), messages)
    }

    /// An executable begins behind the page that must fault at 0: that is how its place is chosen. Where something is out of
    /// range, it is written all the same. Hints would make other instructions of pairs (adr and nop).
    private func machOArguments(_ base: UInt64, _ entry: String) -> [String] {
        ["-arch", target.isa == .AARCH64 ? "arm64" : "x86_64", "-platform_version", "macos", "11", "11", "-execute", "-e", entry,
         "-pagezero_size", "0x\(String(base, radix: 16))", "-undefined", "error", "--error-limit=0",
         "-ignore_optimization_hints"]
            + (target.isa == .AARCH64 ? [] : ["-no_pie"])
    }

    /// Nothing is merged or left out; symbols of sections are written.
    private func coffArguments(_ base: UInt64) -> [String] {
        let machine = target.isa == .AARCH64 ? "arm64" : target.isa == .I686 ? "x86" : "x64"
        return ["/machine:\(machine)", "/base:0x\(String(base, radix: 16))", "/dll", "/noentry", "/opt:noref,noicf", "/errorlimit:0",
                "/force", "/debug:symtab"]
            + (target.isa == .AARCH64 ? [] : ["/dynamicbase:no", "/largeaddressaware:no"])
            + (target.isa == .I686 ? ["/safeseh:no"] : [])
    }
}
