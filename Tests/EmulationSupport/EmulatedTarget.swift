package import CStencils
package import Foundation
package import UopRuntime
package import UopVM

/// A target whose code can be executed here: by qemu's emulation of its processor, by wine as its system would, or by this
/// processor itself.
package struct EmulatedTarget: Sendable {
    /// The instruction set's name; with the system's behind it where that is not Linux.
    package let name: String
    package let isa: UopISA
    package var convention = CallingConvention.standard
    /// What clang is told to compile the harness, beside what all are compiled with.
    let compilerFlags: [String]
    /// The program that executes programs of the target, and options; nil where this processor does.
    var emulator: [String]?
    /// The package that has the emulator, and a file without which the harness cannot be linked.
    var package = "qemu-user"
    var library: String?

    private init(_ isa: UopISA, _ triple: String, _ flags: [String] = [], emulator: [String]? = nil) {
        name = isa.name
        self.isa = isa
        compilerFlags = ["--target=\(triple)", "-static"] + flags
        self.emulator = emulator
    }

    /// Windows on x86-64, where functions are called otherwise than code calls them.
    private init(windows directory: String) {
        name = "\(UopISA.X86_64.name)-windows"
        isa = .X86_64
        convention = .microsoft
        compilerFlags = ["--target=x86_64-w64-windows-gnu", "-L\(directory)", "-Wl,-e,mainCRTStartup", "-lkernel32"]
        emulator = ["wine64"]
        package = "wine64 and mingw-w64-x86-64-dev"
        library = "\(directory)/libkernel32.a"
    }

    /// All that have a harness.
    package static let all: [EmulatedTarget] = [
        EmulatedTarget(.AARCH64, "aarch64-unknown-linux-gnu", ["-march=armv8-a"], emulator: ["qemu-aarch64"]),
        EmulatedTarget(
            .RISCV64, "riscv64-unknown-linux-gnu", ["-march=rv64g", "-mabi=lp64d", "-mno-relax", "-mcmodel=medany"],
            emulator: ["qemu-riscv64"]),
        // POWER10's prefixed instructions are newer than qemu's default.
        EmulatedTarget(.POWERPC64LE, "powerpc64le-unknown-linux-gnu", ["-mcpu=pwr10"], emulator: ["qemu-ppc64le", "-cpu", "power10"]),
        EmulatedTarget(.I686, "i686-unknown-linux-gnu", ["-march=pentium4", "-mfpmath=sse"], emulator: ["qemu-i386"]),
        EmulatedTarget(.X86_64, "x86_64-unknown-linux-gnu"),
        EmulatedTarget(windows: "/usr/x86_64-w64-mingw32/lib"),
    ]

    /// Whether the tables are compiled in, and the tools are there.
    package var isAvailable: Bool { missing == nil }

    /// What is missing here, in words; nil where nothing is.
    package var missing: String? {
        guard unsafe uop_base_stencils().pointee.table(isa) != nil else {
            return "the tables of \(name) are not compiled in: pass --traits AllTargets"
        }
        if Tools.clang == nil { return "there is no clang with a linker" }
        if let emulator, Tools.find(emulator[0]) == nil { return "there is no \(emulator[0]): install \(package)" }
        if let library, !FileManager.default.fileExists(atPath: library) { return "there is no \(library): install \(package)" }
        return nil
    }
}

extension EmulatedTarget {
    /// Runs the linker beside clang, which links for every target.
    package static func link(_ arguments: [String]) throws(ForeignProcessorError) {
        guard let linker = Tools.linker else { throw ForeignProcessorError("there is no ld.lld") }
        try Tools.run(linker, arguments)
    }

    /// Compiles a function for objects that call `fmod` (Harness/fmod.c).
    ///
    /// - Parameter triple: another system's; nil for what the harness is compiled for.
    package func compileRemainder(to object: URL, triple: String? = nil) throws(ForeignProcessorError) {
        guard let clang = Tools.clang else { throw ForeignProcessorError("there is no clang") }
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Harness/fmod.c")
        let flags = triple.map { ["--target=\($0)"] } ?? compilerFlags.filter { $0 != "-static" }
        try Tools.run(
            clang,
            flags + [
                "-O2", "-std=gnu23", "-ffreestanding", "-fno-builtin", "-fno-pic", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
                "-Wall", "-Werror", "-c", source.path, "-o", object.path,
            ])
    }
}

/// What the machine has.
package enum Tools {
    /// Runs a program to its end, and gives what it writes.
    @discardableResult
    package static func run(_ executable: URL, _ arguments: [String]) throws(ForeignProcessorError) -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = executable
        process.arguments = arguments
        (process.standardOutput, process.standardError) = (output, output)
        do { try process.run() } catch { throw ForeignProcessorError("\(executable.path): \(error.localizedDescription)") }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw ForeignProcessorError("\(executable.lastPathComponent) refuses \(arguments):\n\(text)")
        }
        return text
    }

    /// The first of some programs that is on PATH.
    package static func find(any names: [String]) -> URL? { names.lazy.compactMap(find).first }

    /// The linker that clang uses.
    static let linker = clang.map { $0.deletingLastPathComponent().appendingPathComponent("ld.lld") }
        .flatMap { FileManager.default.isExecutableFile(atPath: $0.path) ? $0 : nil } ?? find("ld.lld-19")

    /// The clang beside `swift`, or another that is new enough: Debian's default is not.
    static let clang: URL? = {
        let besideSwift = find("swift")?.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("clang")
        let named = ["clang-19", "clang-20", "clang-21"].compactMap(find)
        return ([besideSwift].compactMap(\.self) + named).first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    static func find(_ name: String) -> URL? {
        // Debian's wine64 is not on PATH without the package that chooses between wines.
        ((ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/lib/wine"])
            .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}
