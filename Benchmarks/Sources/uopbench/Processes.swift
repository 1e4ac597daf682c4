import Foundation

/// Runs other programs, and finds them.
enum Processes {
    /// What a program printed.
    ///
    /// - Throws: `BenchmarkError` where the program is missing or ends with another status than 0.
    static func output(of executable: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // All of these print little to one of the two, so that neither pipe fills while the other is read.
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let errorBytes = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw BenchmarkError(
                "\(executable.lastPathComponent) \(arguments.joined(separator: " ")): status "
                    + "\(process.terminationStatus)\n" + String(decoding: errorBytes, as: UTF8.self))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first line that a program prints.
    static func firstLine(of executable: URL, _ arguments: [String]) -> String? {
        (try? output(of: executable, arguments))?.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    /// The first program of this name on PATH.
    static func find(_ name: String) -> URL? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").lazy
            .map { URL(fileURLWithPath: String($0), isDirectory: true).appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }
}

/// The clang that compiles the twins: the Swift toolchain's, which also made the stencils. A distribution's
/// clang of another version would be another rival.
struct Clang {
    let executable: URL
    /// The first line of `clang --version`.
    let version: String

    /// The clang at this path; without one, the clang beside `swift`, whatever links lead there.
    init(given path: String?) throws {
        if let path {
            executable = URL(fileURLWithPath: path)
        } else {
            guard let swift = Processes.find("swift") else {
                throw BenchmarkError("no swift on PATH, beside which the toolchain's clang lies; name one with --clang")
            }
            executable = swift.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("clang")
        }
        guard let line = Processes.firstLine(of: executable, ["--version"]), line.contains("clang version") else {
            throw BenchmarkError("no clang at \(executable.path); name one with --clang")
        }
        // What stands in parentheses are addresses of repositories.
        version = String(line.prefix { $0 != "(" }).trimmingCharacters(in: .whitespaces)
    }
}
