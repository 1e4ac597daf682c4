import Foundation
import Testing

/// Ctrl-C while BF programs run or wait.
@Suite(.timeLimit(.minutes(30)))
struct BFInterruptTests {
    /// A loop that lasts, and how it is meant. It is interrupted soon after its beginning.
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var options: [String] = []

        var testDescription: String { name }
    }

    static let bigTape = ["--tape", "\(1 << 30)", "--limit-memory-bytes", "\(1 << 33)"]

    static let rows: [Row] = [
        Row(name: "empty", text: "+[]"),
        Row(name: "does nothing to its cell", text: "+[>+<+-]"),
        Row(name: "adds", text: "+[>+<]"),
        Row(name: "even step", text: "+[--]"),
        Row(name: "odd step of 32 bits", text: "+[>+<---]", options: ["--cell-bits", "32", "--no-pass", "multiply"]),
        Row(name: "back and forth", text: "+[>+[>]<[<]>]"),
        Row(name: "walks both ways", text: "+>+>+>+<<<[[>]<[<]>]"),
        Row(name: "walks both ways in one stretch", text: "+[>+>+<<]"),
        Row(name: "searches", text: ">+>+>+[[<]>[>]<]"),
        Row(name: "searches by strides", text: ">>>>+>>>+>>>+[[<<<]>>>[>>>]<<<]"),
        Row(name: "nested", text: "+[>+++++[>+++++[>+<-]<-]>>[-]<<<]"),
        Row(name: "nested and endless inside", text: "+[[[[[[]]]]]]"),
        Row(name: "products", text: "+[>+++>+++<[->[->+>+<<]>>[-<<+>>]<<<]>[-]>[-]<<<]"),
        Row(name: "branches", text: "+[>+[>+<[-]]<]"),
        Row(name: "output", text: "+[.]"),
        Row(name: "end of input", text: "+[,]"),
        Row(name: "known output", text: "+[>+++++++[->+++++++<]>.[-]<<]"),
        // Loops that end by themselves, in each other.
        Row(name: "counts at each cell", text: "+[>-[.-]+]", options: bigTape),
        Row(name: "counts far at each cell", text: "+[>-[.-]+]", options: ["--cell-bits", "16"]),
        Row(name: "long way", text: "+[>++++++++[->+++.---<]+]", options: bigTape),
        Row(name: "counts without passes", text: "+[>-[-]+]", options: ["--cell-bits", "16", "--no-pass", "all"]),
        Row(
            name: "counts with much in it",
            text: "-[" + (0..<20_000).map { ">+" + ($0 % 9 == 0 ? "." : "") }.joined() + String(repeating: "<", count: 20_000) + "-]",
            options: ["--cell-bits", "16"]),
    ]

    @Test(arguments: rows, ["interpreter", "jit"])
    func stops(row: Row, engine: String) throws { try check(row, ["--engine", engine]) }

    @Test(arguments: ["runs", "clear", "offsets", "multiply", "nested", "branches", "scans", "constants", "output", "registers", "all"])
    func stopsWithoutPass(pass: String) throws {
        for row in Self.rows { try check(row, ["--no-pass", pass]) }
    }

    /// A `#` before the loop says that the run has begun.
    private func check(_ row: Row, _ options: [String]) throws {
        let result = try Command.withFolder { folder in
            let file = folder.appendingPathComponent("endless.bf")
            try Data(("#" + row.text).utf8).write(to: file)
            let process = Process()
            process.executableURL = try Command.binary()
            process.arguments = row.options + options + ["--debug-hash", file.path]
            let (errors, output) = (Pipe(), folder.appendingPathComponent("output"))
            try Data().write(to: output)
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = errors
            try process.run()
            _ = try errors.fileHandleForReading.read(upToCount: 1)
            // Time enough to be in the loop.
            usleep(20_000)
            let start = ContinuousClock.now
            process.interrupt()
            let text = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(start.duration(to: .now) < .seconds(5), "\(row.name), \(options)")
            return Command.Result(
                status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal, bytes: [],
                errors: String(decoding: text, as: UTF8.self))
        }
        #expect(result.status == 1 && !result.wasKilled, "\(row.name), \(options): \(result)")
        #expect(result.errors.contains("uopjit: error: the run was interrupted ("), "\(row.name), \(options): \(result)")
    }

    /// What was written before is written, and the message says where.
    @Test(arguments: engines)
    func flushesOutput(engine: String) throws {
        let result = try Conversation.with("+.,[-]+++.[]", name: "test.bf", ["--engine", engine]) { process in
            #expect(try process.hear() == 1)
            try process.say("A")
            usleep(200_000)
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled && result.bytes == [3], "\(result)")
        #expect(
            result.errors(naming: "test.bf")
                == "uopjit: error: the run was interrupted (test.bf:1:12, loop opened at 1:11)\n    +.,[-]+++.[]\n               ^\n",
            "\(result)")
    }

    /// What is asked is seen before the program waits for the answer.
    @Test(arguments: BFVariant.all)
    func promptsBeforeItWaits(variant: BFVariant) throws {
        let result = try Conversation.with("++++++++[>++++++++<-]>-.,.", name: "test.bf", variant.options) { process in
            #expect(try process.hear() == UInt8(ascii: "?"))
            try process.say("A")
            return try process.finish()
        }
        #expect(result.status == 0 && result.output == "A" && result.errors.isEmpty, "\(result)")
    }

    @Test(arguments: BFVariant.all)
    func stopsWaiting(variant: BFVariant) throws {
        let result = try Conversation.with("+.>,.", name: "test.bf", variant.options) { process in
            #expect(try process.hear() == 1)
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled && result.bytes.isEmpty, "\(result)")
        #expect(
            result.errors(naming: "test.bf") == "uopjit: error: the run was interrupted (test.bf:1:4)\n    +.>,.\n       ^\n",
            "\(result)")
    }

    /// The second Ctrl-C asks nobody: here the process cannot write what it has collected, because nobody reads.
    @Test(arguments: BFVariant.single)
    func secondKills(variant: BFVariant) throws {
        let result = try Conversation.with("+.+[>[-]++++++++[>[-]++++++++[>.<-]<-]<]", name: "test.bf", variant.options) { process in
            #expect(try process.hear() == 1)
            usleep(200_000)
            process.interrupt()
            usleep(100_000)
            process.interrupt()
            process.wait()
            return try process.finish()
        }
        #expect(result.wasKilled && result.status == SIGINT, "\(result.status) \(result.errors)")
    }
}
