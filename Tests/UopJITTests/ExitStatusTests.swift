import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the command says when something is wrong, and the status it ends with.
struct ExitStatusTests {
    /// A file, how it is run, and what must come of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var options: [String] = []
        var file = "test.uops"
        var status: Int32
        /// What standard error must contain, each.
        var errors: [String]
        var output = ""

        var testDescription: String { name }
    }

    static let head = "uops 1\nlocal count: i64 = 5\nlocal ratio: f64\n"
    static let empty = head + "trace main\n    _EXIT_TRACE\nend\n"

    static let rows: [Row] = [
        Row(
            name: "unknown uop", text: head + "trace main\n    _EXIT_TRACEE\nend\n", status: 65,
            errors: [
                "test.uops:5:5: error: no uop is named '_EXIT_TRACEE'\n        _EXIT_TRACEE\n        ^^^^^^^^^^^^\n",
                "note: did you mean '_EXIT_TRACE'?\n",
            ]),
        Row(
            name: "what the verifier refuses",
            text: head + "trace main\n    _LOAD_FAST ratio\n    _I64_NEG\n    _POP_TOP\n    _EXIT_TRACE\nend\n",
            status: 65,
            errors: ["test.uops:6:5: error: input 1 of '_I64_NEG' is i64; found f64\n        _I64_NEG\n        ^"]),
        Row(
            name: "two errors in one run",
            text: head + "trace main\n    _WRONG\n    _LOAD_FAST cuont\n    _EXIT_TRACE\nend\n",
            status: 65, errors: ["test.uops:5:5: error: ", "test.uops:6:16: error: ", "did you mean 'count'?"]),
        Row(name: "empty file", text: "", status: 65, errors: ["test.uops:1:1: error: ", "uops 1"]),
        Row(name: "empty BF file", text: "", file: "test.bf", status: 0, errors: []),
        Row(
            name: "no trace", text: head, status: 65, errors: ["error: the file has no trace; expected at least one\n"]),
        Row(
            name: "unknown helper", text: head + "helper print_i46(i64)\n" + "trace main\n    _EXIT_TRACE\nend\n",
            status: 65,
            errors: [
                "test.uops:4:8: error: the host has no helper 'print_i46'; did you mean 'print_i64'?\n",
                "    helper print_i46(i64)\n           ^^^^^^^^^\n", "read_byte() -> i64",
            ]),
        Row(
            name: "helper with another signature",
            text: head + "helper print_i64(f64) -> i64\ntrace main\n    _EXIT_TRACE\nend\n",
            status: 65,
            errors: ["test.uops:4:8: error: helper 'print_i64' is declared as (f64) -> i64, but the host's is (i64)\n"]),
        Row(
            name: "named error exit",
            text: head + "exit broken error \"it broke\"\ntrace main\n    _EXIT_TRACE -> broken\nend\n",
            status: 1,
            errors: [
                "test.uops:6:5: error: exit broken: it broke\n        _EXIT_TRACE -> broken\n        ^^^^^^^^^^^\n"
            ],
            output: "count = 5\nratio = 0.0\n"),
        Row(
            name: "error exit that is expected",
            text: head
                + "exit broken error \"it broke\"\ntrace main\n    _EXIT_TRACE -> broken\nend\nexpect exit broken\n",
            options: ["--quiet"], status: 0, errors: []),
        Row(
            name: "exit that leads nowhere",
            text: head
                + "trace main\n    _LOAD_FAST count\n    _I64_CONST 0\n    _I64_DIV_S\n    _STORE_FAST count\n    _EXIT_TRACE\nend\n",
            options: ["--quiet"], status: 1,
            errors: [
                "test.uops:7:5: error: the run left the trace at _I64_DIV_S, whose exit leads nowhere\n",
                "note: the stack at the exit, deepest first: 5 (i64), 0 (i64)\n",
            ]),
        Row(
            name: "helper that fails",
            text: head + "helper fail(i64)\ntrace main\n    _LOAD_FAST count\n    _CALL_1 fail\n    _EXIT_TRACE\nend\n",
            options: ["--quiet"], status: 1,
            errors: ["test.uops:7:5: error: the run was ended by a helper's status 5 at _CALL_1\n"]),
        Row(
            name: "local that is not as expected", text: empty + "expect local ratio = 0.5\n", options: ["--quiet"],
            status: 1,
            errors: [
                "test.uops:7:1: error: expectation failed: local ratio is 0.0; expected 0.5\n    expect local ratio = 0.5\n    ^"
            ]),
        Row(
            name: "element that is not as expected",
            text:
                "uops 1\nbuffer data: i16[2] = { -1, 7 }\ntrace main\n    _EXIT_TRACE\nend\nexpect buffer data[1] = 8\n",
            status: 1,
            errors: ["test.uops:6:1: error: expectation failed: data[1] is 7; expected 8\n"]),
        Row(
            name: "negative element that is as expected",
            text:
                "uops 1\nbuffer data: i16[2] = { -1, 7 }\ntrace main\n    _EXIT_TRACE\nend\nexpect buffer data[0] = -1\n",
            status: 0,
            errors: []),
        Row(
            name: "output that is not as expected",
            text:
                "uops 1\nhelper print_i64(i64)\ntrace main\n    _I64_CONST 17\n    _CALL_1 print_i64\n    _EXIT_TRACE\nend\nexpect output \"18\\n\"\n",
            status: 1,
            errors: [
                "test.uops:8:1: error: expectation failed: the output differs from byte 1 on: it is \"17\\n\"; expected \"18\\n\"\n"
            ],
            output: "17\n"),
        Row(
            name: "exit that is not as expected",
            text: head + "exit one\nexit two\ntrace main\n    _EXIT_TRACE -> one\nend\nexpect exit two\n",
            options: ["--quiet"],
            status: 1,
            errors: [
                "test.uops:9:1: error: expectation failed: the run left by exit one at _EXIT_TRACE; expected exit two\n"
            ]),
        Row(
            name: "fuel that is used up", text: head + "trace main\n    _JUMP_TO_TOP\nend\n",
            options: ["--quiet", "--fuel", "10"],
            status: 1, errors: ["test.uops:5:5: error: the run used up its fuel at _JUMP_TO_TOP\n"]),
    ]

    @Test(arguments: rows, engines)
    func row(row: Row, engine: String) throws {
        let result = try Command.run(text: row.text, name: row.file, row.options + ["--engine", engine])
        #expect(result.status == row.status && !result.wasKilled, "\(result)")
        for error in row.errors { #expect(result.errors.contains(error), "\(result)") }
        if row.errors.isEmpty { #expect(result.errors.isEmpty) }
        if row.status != 0 || row.options.contains("--quiet") { #expect(result.output == row.output) }
    }

    // MARK: Files

    @Test func missingFile() throws {
        let result = try Command.run("/nowhere/at-all.uops")
        #expect(result.status == 65)
        #expect(result.errors == "uopjit: error: /nowhere/at-all.uops: No such file or directory\n")
    }

    @Test(arguments: ["uops", "bf"])
    func directory(format: String) throws {
        let result = try Command.run("--format", format, Command.examples.path)
        #expect(result.status == 65)
        #expect(result.errors == "uopjit: error: \(Command.examples.path): Is a directory\n")
    }

    #if os(Linux)
        /// A file that opens and cannot be read, for the superuser either: address 0 of a process.
        @Test func unreadableFile() throws {
            let result = try Command.run("--format", "uops", "/proc/self/mem")
            #expect(result.status == 65)
            #expect(result.errors == "uopjit: error: /proc/self/mem: Input/output error\n")
        }
    #endif

    @Test(.enabled(if: getuid() != 0, "the superuser may read every file"))
    func forbiddenFile() throws {
        try Command.withFolder { folder in
            let file = folder.appendingPathComponent("secret.uops")
            try Data(Self.empty.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: file.path)
            let result = try Command.run(file.path)
            #expect(result.status == 65)
            #expect(result.errors == "uopjit: error: \(file.path): Permission denied\n")
        }
    }

    @Test func unknownExtension() throws {
        let result = try Command.run(text: Self.empty, name: "test.txt")
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(result.errors.contains("test.txt: unknown kind of file; expected .uops, .b or .bf, or --format\n"))
        #expect(try Command.run(text: Self.empty, name: "test.txt", ["--format", "uops"]).status == 0)
    }

    /// Whatever is in a file, nothing of it can steer the terminal, and nothing crashes.
    @Test func binaryGarbage() throws {
        let every = (0...255).map { UInt8($0) }
        for start in stride(from: 0, to: 256, by: 16) {
            let bytes = Array(every[start...] + every[..<start])
            let result = try Command.run(bytes: bytes, name: "garbage.uops")
            #expect(result.status == 65 && !result.wasKilled, "\(result)")
            #expect(result.errors.utf8.allSatisfy { $0 == 10 || $0 == 9 || (32...126).contains($0) }, "\(result)")
        }
        // As BF it is a program: + , - . < > [ ] in the order of their bytes.
        let result = try Command.run(bytes: every, name: "garbage.bf")
        #expect(result.status == 0 && result.bytes == [0], "\(result)")
    }

    @Test func severalFilesRunInOrderAndTheWorstStatusCounts() throws {
        let good = Command.example("add4.uops")
        let result = try Command.run(good, "/nowhere.uops", Command.example("fails.uops"), good)
        #expect(result.status == 65)
        #expect(result.output == "-96\nx = -96\ndivisor = 0\nquotient = -1\n-96\nx = -96\n", "\(result)")
        #expect(result.errors.hasPrefix("uopjit: error: /nowhere.uops: "))
        #expect(try Command.run(good, Command.example("fails.uops")).status == 1)
        #expect(try Command.run(good, good).status == 0)
    }
}
