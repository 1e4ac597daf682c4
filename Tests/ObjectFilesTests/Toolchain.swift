import Foundation

/// The Swift toolchain's own clang and llvm-objdump: they lie beside the `swift` that PATH finds.
/// Another clang on PATH may be too old for what the stencils need.
struct Toolchain: Sendable {
    let clang: URL
    let objdump: URL

    static let missing: String = "needs clang 19 or later and llvm-objdump beside the swift on PATH"
    static let found: Toolchain? = find()

    private static func find() -> Toolchain? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for folder in path.split(separator: ":") {
            let swift = URL(fileURLWithPath: String(folder)).appendingPathComponent("swift")
            guard FileManager.default.isExecutableFile(atPath: swift.path) else { continue }
            let tools = swift.resolvingSymlinksInPath().deletingLastPathComponent()
            let toolchain = Toolchain(
                clang: tools.appendingPathComponent("clang"), objdump: tools.appendingPathComponent("llvm-objdump"))
            let areThere = [toolchain.clang, toolchain.objdump].allSatisfy {
                FileManager.default.isExecutableFile(atPath: $0.path)
            }
            guard areThere, let version = try? toolchain.clangVersion(), version >= 19 else { continue }
            return toolchain
        }
        return nil
    }

    private func clangVersion() throws -> Int {
        let text = try run(clang, ["--version"])
        guard let after = text.range(of: "clang version ") else { return 0 }
        return Int(text[after.upperBound...].prefix { $0.isNumber }) ?? 0
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a tool and gives what it writes to its standard output.
    func run(_ tool: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = tool
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(tool.lastPathComponent) \(arguments) ended with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Compiles a source text in a folder of its own and calls `use` with the object's path.
    func withObject<Result>(
        _ source: String, language: String = "c", flags: [String], _ use: (URL) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ObjectFilesTests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appendingPathComponent("input")
        let object = folder.appendingPathComponent("input.o")
        try source.write(to: input, atomically: true, encoding: .utf8)
        _ = try run(clang, flags + ["-x", language, "-c", input.path, "-o", object.path])
        return try use(object)
    }

    /// The bytes of a compiled source text.
    func object(_ source: String, language: String = "c", flags: [String]) throws -> [UInt8] {
        try withObject(source, language: language, flags: flags) { [UInt8](try Data(contentsOf: $0)) }
    }
}

/// What the tests compile: every kind of section, symbol and relocation that stencils bring.
enum Sample {
    static let target = ["--target=x86_64-unknown-linux-gnu", "-ffreestanding"]
    static let stencilFlags =
        target + [
            "-O2", "-fno-pic", "-mcmodel=medium", "-mlarge-data-threshold=65536", "-fbasic-block-sections=all",
            "-ffunction-sections",
        ]

    static let source = """
        extern char H32[1];
        extern char H64[1 << 20];
        extern void CONTINUE(long, long);
        extern void EXIT(long, long);
        static long counter;
        long shared = 7;
        _Thread_local int perThread;
        __attribute__((weak)) int weakling(void) { return 3; }
        const char *text(void) { return "hello"; }
        double half(double x) { return x * 0.5; }
        void add(long a, long b)
        {
            long sum;
            if (__builtin_add_overflow(a, b, &sum)) { EXIT(a, b); return; }
            counter++;
            CONTINUE(sum + (long)H64, (long)H32);
        }
        int mixed(void) { return perThread + (int)shared; }
        void *references[] = { &shared, (void *)add, &shared + 1 };
        int tentative[4];
        __attribute__((section("uop_metadata"), used)) static const char metadata[] = "_ADD";
        """
}
