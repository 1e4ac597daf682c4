import CStencils
package import Foundation
package import ObjectFiles

/// A clang that can compile stencils: version 19 or newer. Older ones ignore `preserve_none` with
/// only a warning, and so would make stencils for the wrong registers.
package struct Compiler: Sendable {
    package static let oldestVersion = 19

    package let executable: URL
    /// The major version.
    package let version: Int
    /// The first line of `clang --version`, without the host's paths: what tables are marked with.
    package let identity: String

    /// The clang at this path. Throws where it is none, or too old.
    package init(at executable: URL, directory: URL) throws(StencilGenError) {
        let result = try runProcess(executable, ["--version"], directory: directory)
        let line = String(result.output.prefix { $0 != "\n" })
        guard result.status == 0, let found = Self.majorVersion(in: line) else {
            throw StencilGenError(
                .noCompiler, at: executable.path, "answers '\(line)' to --version; expected a clang",
                remedy: "Pass a clang \(Self.oldestVersion) or newer with --clang.")
        }
        guard found >= Self.oldestVersion else {
            throw StencilGenError(
                .noCompiler, at: executable.path,
                "is clang \(found) (\(line)); stencils need \(Self.oldestVersion) or newer",
                remedy: "Older versions ignore preserve_none with only a warning, which gives stencils for the wrong "
                    + "registers. Pass another clang with --clang.")
        }
        self.executable = executable
        self.version = found
        self.identity = line
    }

    /// The first fit clang: the one given, or the one beside `swift`, `clang` on PATH,
    /// `clang-19` and up. The first that exists and is too old is named in the error if none is fit.
    package static func find(given path: String?, directory: URL) throws(StencilGenError) -> Compiler {
        if let path { return try Compiler(at: URL(fileURLWithPath: path), directory: directory) }
        var refused: [StencilGenError] = []
        for candidate in candidates() {
            do {
                return try Compiler(at: candidate, directory: directory)
            } catch {
                refused.append(error)
            }
        }
        let reasons = refused.map { "\n  \($0.place) \($0.message)" }.joined()
        throw StencilGenError(
            .noCompiler, "no clang that can compile stencils was found" + (reasons.isEmpty ? " on PATH" : ":\(reasons)"),
            remedy: "Install clang \(oldestVersion) or newer (the Swift toolchain brings one), or pass --clang.")
    }

    private static func candidates() -> [URL] {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
            URL(fileURLWithPath: String($0), isDirectory: true)
        }
        func first(_ name: String) -> URL? {
            folders.lazy.map { $0.appendingPathComponent(name) }.first {
                FileManager.default.isExecutableFile(atPath: $0.path)
            }
        }
        // Debian's clang comes before the toolchain's on PATH once it is installed; a `swift` on
        // PATH may be a link into the toolchain.
        let besideSwift = first("swift").map {
            $0.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("clang")
        }
        let named = ["clang"] + (oldestVersion...oldestVersion + 6).map { "clang-\($0)" }
        return ([besideSwift] + named.map(first)).compactMap(\.self).filter {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }

    static func majorVersion(in line: String) -> Int? {
        guard let range = line.range(of: "clang version ") else { return nil }
        return Int(line[range.upperBound...].prefix { $0.isNumber })
    }
}

extension Compiler {
    /// Flags for the stencils of a target.
    package static func stencilFlags(_ target: StencilTarget) -> [String] {
        let common = target.format == .elf ? commonFlags : commonFlags.filter { $0 != elfOnly }
        return ["--target=\(target.triple)"] + common + target.flags
    }

    /// Other systems have no such probes: clang warns of a flag that says nothing.
    private static let elfOnly = "-fno-stack-clash-protection"

    /// Flags for the stencils of every target, with what breaks without each.
    private static let commonFlags = [
        "-std=gnu23",
        "-O2",
        // Cross targets have no C library's headers.
        "-ffreestanding",
        // An ignored attribute is a wrong convention, an undeclared function a wrong call.
        "-Wall", "-Werror",
        // A stencil's address is only known at run time, and it is the patcher who relocates.
        "-fno-pic",
        // clang assumes things of a symbol's address: no wrapping, no aliasing, not null.
        "-fwrapv", "-fno-strict-aliasing", "-fno-delete-null-pointer-checks",
        // A jump table would be data that points into code.
        "-fno-jump-tables",
        // The layout rules know blocks by their sections.
        "-ffunction-sections",
        // How much stack each stencil takes, as data.
        "-fstack-size-section",
        // No canary, no probe, no unwind table, no frame pointer: a stencil is a piece of a function.
        "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
        "-fno-unwind-tables", "-fomit-frame-pointer",
        // A sequence of stores must not become a call.
        "-fno-builtin", "-fno-vectorize", "-fno-slp-vectorize",
        // sqrt is an instruction.
        "-fno-math-errno",
        // Folding a * b + c would change results between targets.
        "-ffp-contract=off",
        // The compiler's version is in the tables' header; here it would only make objects differ.
        "-fno-ident",
    ]

    /// What a file of register variants needs more: it includes several files of definitions, whose private macros
    /// may have one name.
    package static let variantFlags = [
        "-Wno-macro-redefined",
        // -O2 replaces a register that compared equal by what it was compared with, on the side where that is known:
        // a move where handing on would cost nothing. Bodies are too small for the rest of -O2 to matter.
        "-O1",
    ]

    /// Compiles C text to an object, and reads it. `name` is what messages call the text.
    package func compile(
        _ source: String, name: String, flags: [String], includes: [URL], directory: URL
    ) throws(StencilGenError) -> Object {
        let sourceFile = directory.appendingPathComponent(name)
        let objectFile = sourceFile.appendingPathExtension("o")
        do {
            try source.write(to: sourceFile, atomically: false, encoding: .utf8)
        } catch {
            throw StencilGenError(.file, at: sourceFile.path, "could not be written: \(error.localizedDescription)")
        }
        let arguments =
            flags + includes.flatMap { ["-I", $0.path] } + ["-c", sourceFile.path, "-o", objectFile.path]
        let result = try runProcess(executable, arguments, directory: directory)
        guard result.status == 0 else {
            throw StencilGenError(
                .compilation, at: name, "clang refused it:\n" + result.errors,
                remedy: "Mend the definition that the message names.")
        }
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: objectFile))
        } catch {
            throw StencilGenError(.file, at: objectFile.path, "could not be read: \(error.localizedDescription)")
        }
        do {
            return try Object(parsing: bytes, name: name + ".o")
        } catch {
            throw StencilGenError(.object, at: error.object, error.description)
        }
    }
}
