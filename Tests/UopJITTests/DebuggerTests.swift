import Foundation
import Testing

/// `--gdb`: what gdb sees of machine code.
struct DebuggerTests {
    /// Reads a byte and adds it to the sum, in a trace with a name of its own.
    private static let reading = """
        uops 1
        local sum: i64
        helper read_byte() -> i64
        trace reader
            _I64_CONST 3
            _LOAD_FAST sum
            _CALL_0_VALUE read_byte
            _I64_ADD
            _I64_ADD
            _STORE_FAST sum
            _EXIT_TRACE
        end
        """

    /// gdb's output for a program that is run under it; its commands begin where machine code is entered.
    func gdb(
        _ text: String, name: String = "test.uops", _ commands: [String],
        options: [String] = ["--gdb", "--no-pass", "unrolling"]
    ) throws -> String {
        try Command.withFolder { folder in
            let program = folder.appendingPathComponent(name)
            let script = folder.appendingPathComponent("script.gdb")
            try Data(text.utf8).write(to: program)
            let all =
                [
                    "set pagination off", "set confirm off", "set width 0", "set print frame-arguments none",
                    "set breakpoint pending on", "break uop_enter_visibly", "run",
                ] + commands
            try Data((all.joined(separator: "\n") + "\n").utf8).write(to: script)
            return try Command.run(
                executable: try #require(Tools.gdb),
                ["-nx", "-batch", "-x", script.path, "--args", try Command.binary().path] + options + [program.path],
                environment: ["DEBUGINFOD_URLS": "", "SHELL": "/bin/sh"], unblocksSignals: true
            ).output
        }
    }

    /// Out of a helper, the stack is the helper's, the uop's with its trace, and the host's up to `main`.
    @Test(.enabled(if: Tools.gdbWorks, Tools.noGDB)) func backtraceOutOfAHelper() throws {
        let output = try gdb(Self.reading, ["break read", "continue", "bt"])
        let frames = output.split(separator: "\n").filter { $0.hasPrefix("#") }.map(String.init)
        let helper = try #require(frames.firstIndex { $0.contains("Helper.swift:") }, "\(output)")
        let uop = try #require(frames.firstIndex { $0.contains(" in reader._CALL_0_VALUE_") }, "\(output)")
        let host = try #require(frames.firstIndex { $0.contains(" in uop_enter_visibly (") }, "\(output)")
        #expect(helper < uop && uop + 1 == host, "\(output)")
        #expect(frames.contains { $0.contains("JITCompiler.swift:") }, "\(output)")
        #expect(try #require(frames.last).contains("main ()") && !output.contains("Backtrace stopped"), "\(output)")
    }

    /// Wherever machine code is stopped, gdb knows the uop and the way to `main`: from the first instruction of the
    /// bridge on, in a loop, and until the host has control again.
    @Test(
        .enabled(if: Tools.gdbWorks, Tools.noGDB),
        arguments: [
            (DebuggingText.sum, ["uopjit_enter", "main._LOAD_FAST_0", "main._I64_ADD_CHECKED_3", "main._JUMP_IF_TRUE_6"]),
            (
                "uops 1\nlocal a: i64 = 1\nlocal b: i64\ntrace copy\n_LOAD_FAST a\n_STORE_FAST b\n_EXIT_TRACE\nend\n",
                ["uopjit_enter", "copy._EXIT_TRACE_0", "copy.leave_1", "uopjit_return", "uop_enter_visibly"]
            ),
        ])
    func backtraceAtEveryInstruction(program: String, places: [String]) throws {
        let steps = 60
        let output = try gdb(
            program,
            [
                "set $code = (long)enter", "while $pc != $code", "stepi", "end", "echo begin\\n", "set $count = 0",
                "while $count < \(steps)", "stepi", "bt", "set $count = $count + 1", "end",
            ])
        let lines = output.split(separator: "\n").drop { $0 != "begin" }
        let innermost = lines.filter { $0.hasPrefix("#0 ") }
        #expect(innermost.count == steps && !innermost.contains { $0.contains("??") }, "\(output)")
        for place in places { #expect(innermost.contains { $0.contains(place + " (") }, "\(place)\n\(output)") }
        #expect(lines.count { $0.hasSuffix("main ()") } == steps, "\(output)")
        let ours = innermost.count { line in [" main.", " copy.", " uopjit_"].contains { line.contains($0) } }
        // At a return instruction gdb follows the stack itself, and sees the bridge as a frame of its own.
        let hosts = lines.count { ($0.hasPrefix("#1 ") || $0.hasPrefix("#2 ")) && $0.contains(" uop_enter_visibly (") }
        #expect(hosts >= ours && ours > 30, "\(output)")
    }

    /// Uops are found by their names. (Breakpoints on them have to be hardware's: `hbreak`. Memory for code is shared
    /// with a writable mapping, which the debugger's own writes do not reach.)
    @Test(.enabled(if: Tools.gdbWorks, Tools.noGDB)) func uopsHaveAddresses() throws {
        let output = try gdb(
            DebuggingText.sum, ["info symbol entry", "info address main._CALL_1_9", "x/i 'main._CALL_1_9'", "continue"])
        #expect(output.contains("main._LOAD_FAST_0 in section .text"), "\(output)")
        #expect(output.contains("Symbol \"main._CALL_1_9\" is at 0x"), "\(output)")
        #expect(output.contains("<main._CALL_1_9>:\tsub "), "\(output)")
        #expect(output.contains("sum = 55") && output.contains("exited normally"), "\(output)")
    }

    /// Without the option nothing is told, and nothing is entered in another way.
    @Test(.enabled(if: Tools.gdbWorks, Tools.noGDB)) func notWithoutBeingAsked() throws {
        let output = try gdb(DebuggingText.sum, [], options: [])
        #expect(output.contains("exited normally") && !output.contains("Breakpoint 1, "), "\(output)")
    }

    /// Code that is entered visibly does the same, whether or not a debugger looks.
    @Test(arguments: ExampleTests.all.map(\.name)) func runsAlike(name: String) throws {
        let plain = try Command.run(Command.example(name))
        let visible = try Command.run("--gdb", Command.example(name))
        #expect(visible.status == plain.status && visible.bytes == plain.bytes && visible.errors == plain.errors)
    }
}

extension Tools {
    /// Whether there is a gdb that may run other programs.
    static let gdbWorks: Bool = {
        guard let gdb else { return false }
        let result = try? Command.run(
            executable: gdb, ["-nx", "-batch", "-ex", "run", "/bin/true"],
            environment: ["DEBUGINFOD_URLS": "", "SHELL": "/bin/sh"], unblocksSignals: true)
        return result?.output.contains("exited normally") ?? false
    }()
}
