import Foundation

/// The command as a person runs it: the built binary in a process of its own.
enum Command {
    /// What a finished process left behind.
    struct Result: CustomStringConvertible {
        var status: Int32
        /// Whether a signal ended the process; `status` is its number then.
        var wasKilled: Bool
        var bytes: [UInt8]
        var errors: String

        var output: String { String(decoding: bytes, as: UTF8.self) }
        var description: String { "status \(status)\(wasKilled ? " (signal)" : "")\n\(output)\n\(errors)" }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// The package's folder.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let examples = package.appendingPathComponent("Examples")

    static func example(_ name: String) -> String { examples.appendingPathComponent(name).path }

    /// Beside the bundle that holds the tests: SwiftPM builds both into one folder.
    static func binary() throws -> URL {
        let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
        let process = URL(fileURLWithPath: CommandLine.arguments[0])
        for place in bundles + [process, Bundle.main.bundleURL.appendingPathComponent("tests")] {
            let binary = place.deletingLastPathComponent().appendingPathComponent("uopjit")
            if FileManager.default.isExecutableFile(atPath: binary.path) { return binary }
        }
        throw Missing(description: "no uopjit beside the tests (\(process.path)): build the package first")
    }

    /// Runs uopjit to its end.
    static func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Result {
        try run(executable: try binary(), arguments, input: input, environment: environment)
    }

    static func run(_ arguments: String..., input: String = "") throws -> Result {
        try run(arguments, input: Array(input.utf8))
    }

    /// Runs a line of the shell; `"$uopjit"` is the binary.
    static func shell(_ line: String, _ arguments: [String] = []) throws -> Result {
        try run(
            executable: URL(fileURLWithPath: "/bin/sh"), ["-c", line, "sh"] + arguments,
            environment: ["uopjit": try binary().path])
    }

    /// Standard input and errors are files, so that neither can fill a pipe while nobody reads it.
    ///
    /// - Parameter unblocksSignals: whether the process gets all signals: what tests run on blocks them, and a shell or
    ///   a debugger would wait for the end of its children for ever.
    static func run(
        executable: URL, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        unblocksSignals: Bool = false
    ) throws -> Result {
        try withFolder { folder in
            let inputFile = folder.appendingPathComponent("input")
            let errorFile = folder.appendingPathComponent("errors")
            try Data(input).write(to: inputFile)
            try Data().write(to: errorFile)
            let process = Process()
            process.executableURL = executable
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            let output = Pipe()
            process.standardInput = try FileHandle(forReadingFrom: inputFile)
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: errorFile)
            if unblocksSignals {
                var (none, before) = (sigset_t(), sigset_t())
                unsafe sigemptyset(&none)
                unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
                defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
                try process.run()
            } else {
                try process.run()
            }
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Result(
                status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
                bytes: Array(bytes), errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
        }
    }

    /// A folder that is gone afterwards.
    static func withFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("UopJITTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// Runs uopjit on a file with this text; the file's path is the last argument.
    static func run(
        text: String, name: String = "test.uops", _ options: [String] = [], input: String = "",
        environment: [String: String] = [:]
    ) throws -> Result {
        try run(bytes: Array(text.utf8), name: name, options, input: input, environment: environment)
    }

    static func run(
        bytes: [UInt8], name: String, _ options: [String] = [], input: String = "", environment: [String: String] = [:]
    ) throws -> Result {
        try withFolder { folder in
            let file = folder.appendingPathComponent(name)
            try Data(bytes).write(to: file)
            return try run(options + [file.path], input: Array(input.utf8), environment: environment)
        }
    }
}

/// The names of the engines, as `--engine` takes them.
let engines = ["interpreter", "jit", "check"]
