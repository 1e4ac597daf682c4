import Foundation
import Testing

/// Ctrl-C, and what a process at the other end of a pipe sees.
@Suite(.timeLimit(.minutes(2)))
struct InterruptTests {
    /// Counts to 1000, tells that it did, waits for a byte, and never ends.
    static let endless = """
        uops 1
        local counted: i64
        local got: i64
        local after: i64
        helper read_byte() -> i64
        helper write_byte(i64)
        trace main
        count:
            _LOAD_FAST counted
            _I64_CONST 1
            _I64_ADD
            _STORE_FAST counted
            _LOAD_FAST counted
            _I64_CONST 1000
            _I64_LT_S
            _JUMP_IF_TRUE count
            _I64_CONST '!'
            _CALL_1 write_byte
            _CALL_0_VALUE read_byte
            _STORE_FAST got
        forever:
            _LOAD_FAST after
            _I64_CONST 1
            _I64_ADD
            _STORE_FAST after
            _JUMP forever
        end
        """

    /// A process that is talked to while it runs.
    private final class Conversation {
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

        /// What it writes from now on, to its end.
        func finish() throws -> Command.Result {
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            try input.fileHandleForWriting.close()
            return Command.Result(
                status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
                bytes: Array(bytes), errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
        }
    }

    private func conversation(
        _ text: String, name: String, _ options: [String], _ body: (Conversation) throws -> Command.Result
    ) throws -> Command.Result {
        try Command.withFolder { folder in
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return try body(try Conversation(options + [file.path], folder: folder))
        }
    }

    /// The byte that is read before the signal comes is the proof that it is the loop that is stopped.
    @Test(arguments: engines)
    func stopsAnEndlessLoop(engine: String) throws {
        let result = try conversation(Self.endless, name: "endless.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            try process.say("A")
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled, "\(result)")
        #expect(result.output.hasPrefix("counted = 1000\ngot = 65\nafter = "), "\(result)")
        #expect(result.errors.contains("endless.uops:25:5: error: the run was interrupted at _JUMP\n"), "\(result)")
        #expect(!result.errors.contains("differ"))
    }

    /// Nobody answers: the read itself is what Ctrl-C ends.
    @Test(arguments: engines)
    func stopsWaiting(engine: String) throws {
        let result = try conversation(Self.endless, name: "endless.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled, "\(result)")
        #expect(result.output == "counted = 1000\ngot = 0\nafter = 0\n", "\(result)")
        #expect(result.errors.contains("error: the run was interrupted at _CALL_0_VALUE\n"), "\(result)")
    }

    @Test(arguments: engines)
    func stopsAnEndlessBFLoop(engine: String) throws {
        let result = try conversation("+.,[]", name: "endless.bf", ["--engine", engine]) { process in
            #expect(try process.hear() == 1)
            try process.say("A")
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled && result.bytes.isEmpty, "\(result)")
        #expect(result.errors.contains("endless.bf:1:5: error: the run was interrupted at _TAPE_JUMP_IF_NOT_ZERO\n"))
    }

    /// Traces that only exits connect have no jump back; they stop all the same.
    @Test(arguments: engines)
    func stopsLinkedTraces(engine: String) throws {
        let text = """
            uops 1
            local steps: i64
            helper read_byte() -> i64
            helper write_byte(i64)
            trace main
                _I64_CONST '!'
                _CALL_1 write_byte
                _CALL_0_VALUE read_byte
                _EXIT_TRACE -> there
            end
            trace there(i64)
                _EXIT_TRACE -> back
            end
            trace back(i64)
                _LOAD_FAST steps
                _I64_CONST 1
                _I64_ADD
                _STORE_FAST steps
                _EXIT_TRACE -> there
            end
            """
        let result = try conversation(text, name: "linked.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            try process.say("A")
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled, "\(result)")
        #expect(result.output.hasPrefix("steps = "), "\(result)")
        #expect(result.errors.contains("error: the run was interrupted at "), "\(result)")
    }

    /// Ctrl-C means all files, not the one that happens to run.
    @Test func stopsTheFilesThatFollow() throws {
        let result = try Command.withFolder { folder in
            let file = folder.appendingPathComponent("endless.uops")
            try Data(Self.endless.utf8).write(to: file)
            let process = try Conversation([file.path, Command.example("add4.uops")], folder: folder)
            #expect(try process.hear() == UInt8(ascii: "!"))
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && result.output.hasPrefix("counted = ") && !result.output.contains("-96"), "\(result)")
    }
}
