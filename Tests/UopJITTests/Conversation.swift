import Foundation

/// A process that is talked to while it runs.
final class Conversation {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errorFile: URL

    init(_ arguments: [String], folder: URL) throws {
        errorFile = folder.appendingPathComponent("errors")
        try Data().write(to: errorFile)
        process.executableURL = try Command.binary()
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
    }

    /// Waits for the next byte that it writes.
    func hear() throws -> UInt8? { try output.fileHandleForReading.read(upToCount: 1)?.first }

    func say(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func interrupt() { process.interrupt() }

    func wait() { process.waitUntilExit() }

    /// What it writes from now on, to its end.
    func finish() throws -> Command.Result {
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try input.fileHandleForWriting.close()
        return Command.Result(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            bytes: Array(bytes), errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
    }

    /// A conversation with uopjit that runs a file with this text.
    static func with(
        _ text: String, name: String, _ options: [String], _ body: (Conversation) throws -> Command.Result
    ) throws -> Command.Result {
        try Command.withFolder { folder in
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return try body(try Conversation(options + [file.path], folder: folder))
        }
    }
}
