import Foundation
import Testing

/// The command among other commands: pipes that close, disks that are full, streams that are missing.
@Suite(.timeLimit(.minutes(30)))
struct StreamTests {
    /// Prints lines for ever: only a closed pipe ends it.
    private static let yes = "++++++++++[>++++++++++++<-]>+[.>++++++++++.[-]<]"

    /// Where the parent ignores SIGPIPE, too, which children inherit.
    @Test(arguments: ["", "trap '' PIPE; "], engines.filter { $0 != "check" })
    func closedPipe(prefix: String, engine: String) throws {
        try Command.withFolder { folder in
            let file = folder.appendingPathComponent("yes.bf")
            try Data(Self.yes.utf8).write(to: file)
            let result = try Command.shell(prefix + "\"$uopjit\" --engine \(engine) \"$1\" | head -1", [file.path])
            #expect(result.output == "y\n" && result.errors.isEmpty && result.status == 0, "\(result)")
        }
    }

    #if os(Linux)
        @Test func fullDisk() throws {
            let result = try Command.shell("\"$uopjit\" \"$1\" > /dev/full", [Command.example("add4.uops")])
            #expect(result.status == 74)
            #expect(result.errors == "uopjit: error: <standard output>: No space left on device\n")
        }
    #endif

    /// A closed stream is told, and does not become the file that is opened next.
    @Test(arguments: engines)
    func closedOutput(engine: String) throws {
        let result = try Command.shell("\"$uopjit\" --engine \(engine) \"$1\" >&-", [Command.example("add4.uops")])
        #expect(result.status == 74)
        #expect(result.errors == "uopjit: error: <standard output>: Bad file descriptor\n")
        let input = try Command.shell("\"$uopjit\" \"$1\" <&-", [Command.example("squares.bf")])
        #expect(input.status == 0 && input.output.hasSuffix("\n10000\n"), "\(input)")
    }

    /// More than one buffer of output, in order.
    @Test(arguments: engines)
    func muchOutput(engine: String) throws {
        let text = """
            uops 1
            local i: i64
            helper print_i64(i64)
            trace main
                _LOAD_FAST i
                _CALL_1 print_i64
                _LOAD_FAST i
                _I64_CONST 1
                _I64_ADD
                _STORE_FAST i
                _LOAD_FAST i
                _I64_CONST 30000
                _I64_LT_S
                _GUARD_TRUE -> finished
                _JUMP_TO_TOP
            end
            trace finished(i64)
                _EXIT_TRACE
            end
            """
        let result = try Command.run(text: text, ["--quiet", "--engine", engine])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        #expect(result.output == (0..<30_000).map { "\($0)\n" }.joined())
    }
}
