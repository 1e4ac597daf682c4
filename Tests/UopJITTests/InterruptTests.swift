import Foundation
import Testing

/// Ctrl-C, and what a process at the other end of a pipe sees.
@Suite(.timeLimit(.minutes(30)))
struct InterruptTests {
    /// Writes as many bytes as the command collects before it writes them, and never ends. Who has seen the first
    /// byte knows that the loop has begun, or is about to.
    static let endless = """
        uops 1
        local counted: i64
        local after: i64
        helper write_byte(i64)
        trace main
        count:
            _I64_CONST '!'
            _CALL_1 write_byte
            _LOAD_FAST counted
            _I64_CONST 1
            _I64_ADD
            _STORE_FAST counted
            _LOAD_FAST counted
            _I64_CONST 65535
            _I64_LT_S
            _JUMP_IF_TRUE count
            _I64_CONST '!'
            _CALL_1 write_byte
        forever:
            _LOAD_FAST after
            _I64_CONST 1
            _I64_ADD
            _STORE_FAST after
            _JUMP forever
        end
        """

    /// Writes a byte, which comes out because it then waits for one.
    static let waiting = """
        uops 1
        local written: i64
        local got: i64
        helper read_byte() -> i64
        helper write_byte(i64)
        trace main
            _I64_CONST '!'
            _CALL_1 write_byte
            _I64_CONST 1
            _STORE_FAST written
            _CALL_0_VALUE read_byte
            _STORE_FAST got
            _EXIT_TRACE
        end
        """

    @Test(arguments: engines)
    func stopsAnEndlessLoop(engine: String) throws {
        let result = try Conversation.with(Self.endless, name: "endless.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled, "\(result.errors)")
        let locals = result.output.drop { $0 == "!" }
        #expect(locals.hasPrefix("counted = 65535\nafter = "), "\(locals)")
        #expect(result.output.count - locals.count == 65_535)
        #expect(
            result.errors.contains("endless.uops:24:5: error: the run was interrupted at _JUMP\n"), "\(result.errors)")
        #expect(!result.errors.contains("differ"))
    }

    /// Nobody answers: the read itself is what Ctrl-C ends.
    @Test(arguments: engines)
    func stopsWaiting(engine: String) throws {
        let result = try Conversation.with(Self.waiting, name: "waiting.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled, "\(result)")
        #expect(result.output == "written = 1\ngot = 0\n", "\(result)")
        #expect(result.errors.contains("error: the run was interrupted at _CALL_0_VALUE\n"), "\(result)")
    }

    /// The other side of the same pipe: an answer comes, and the run goes on.
    @Test(arguments: engines)
    func writesBeforeItWaits(engine: String) throws {
        let result = try Conversation.with(Self.waiting, name: "waiting.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            try process.say("A")
            return try process.finish()
        }
        #expect(result.status == 0 && result.output == "written = 1\ngot = 65\n", "\(result)")
    }

    /// Traces that only exits connect have no jump back; they stop all the same.
    @Test(arguments: engines)
    func stopsLinkedTraces(engine: String) throws {
        let text = """
            uops 1
            local steps: i64
            helper write_byte(i64)
            trace main
                _I64_CONST '!'
                _CALL_1 write_byte
                _EXIT_TRACE -> there
            end
            trace there
                _LOAD_FAST steps
                _I64_CONST 1
                _I64_ADD
                _STORE_FAST steps
                _EXIT_TRACE -> back
            end
            trace back
                _LOAD_FAST steps
                _I64_CONST 65536
                _I64_LT_S
                _GUARD_FALSE -> written
                _EXIT_TRACE -> there
            end
            trace written(i64)
                _POP_TOP
                _EXIT_TRACE -> main
            end
            """
        let result = try Conversation.with(text, name: "linked.uops", ["--engine", engine]) { process in
            #expect(try process.hear() == UInt8(ascii: "!"))
            process.interrupt()
            return try process.finish()
        }
        #expect(result.status == 1 && !result.wasKilled, "\(result.errors)")
        #expect(result.output.drop { $0 == "!" }.hasPrefix("steps = "), "\(result.errors)")
        #expect(result.errors.contains("error: the run was interrupted at "), "\(result.errors)")
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
        #expect(
            result.status == 1 && result.output.contains("counted = ") && !result.output.contains("-96"),
            "\(result.errors)")
    }
}
