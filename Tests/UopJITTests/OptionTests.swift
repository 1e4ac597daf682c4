import Foundation
import Testing

/// What options do, and what is wrong usage of them.
struct OptionTests {
    private let add4 = Command.example("add4.uops")

    // MARK: Usage

    @Test(
        arguments: [
            ([], "Missing expected argument '<file> ...'"),
            (["-"], "Standard input needs --format uops or --format bf."),
            (["--engine", "fast", "x.uops"], "'fast' is invalid for '--engine"),
            (["--dump", "bytes", "x.uops"], "'bytes' is invalid for '--dump"),
            (["--after", "fusion", "x.uops"], "--after needs --dump ssa."),
            (["--dump", "ssa", "--after", "folding", "x.uops"], "'folding' is invalid for '--after"),
            (
                ["--dump", "ssa", "--after", "fusion", "--no-pass", "fusion", "x.uops"],
                "--after fusion: --no-pass leaves it out."
            ),
            (["--target", "sparc", "x.uops"], "'sparc' is invalid for '--target"),
            // Possible ones are listed; no system of that name, and one that does not run on it.
            (["--target", "x86_64-pc-nothing", "x.uops"], "riscv64-unknown-linux-gnu"),
            (["--target", "riscv64-apple-macos11", "x.uops"], "arm64-apple-macos11"),
            (["--target", "i686-pc-windows-msvc", "x.uops"], "--target goes with --emit-object or --dump"),
            (["--target", "i686", "--isa", "i686", "--dump", "code", "x.uops"], "expected one of them"),
            (["--isa", "x86_64", "x.uops"], "x86-64-v3"),
            (["--format", "py", "x.uops"], "'py' is invalid for '--format"),
            (["--fuel", "-1", "x.uops"], "--fuel -1: expected a number from 0 up."),
            (["--set", "x", "x.uops"], "--set 'x': expected local=value."),
            (["--set", "=1", "x.uops"], "--set '=1': expected local=value."),
            (["--limit-uops", "0", "x.uops"], "A limit is a number from 1 up."),
            (["--nonsense", "x.uops"], "--nonsense"),
        ] as [([String], String)])
    func wrongUsage(arguments: [String], message: String) throws {
        let result = try Command.run(arguments)
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains(message) && result.errors.lowercased().contains("usage: uopjit"), "\(result)")
    }

    /// The page that a person sees first names everything there is.
    @Test func help() throws {
        let result = try Command.run("--help")
        #expect(result.status == 0 && result.errors.isEmpty)
        let parts = [
            "EXAMPLES", "HELPERS", "EXIT STATUS", "--engine", "--dump", "--format", "--time", "--profile", "--quiet",
            "--no-expect",
            "--set", "--fuel", "--limit-uops", "--after", "--no-pass", "--emit-object", "--target", "aarch64-pc-windows-msvc", "--perf-map", "--gdb", "read_byte() -> i64", "print_object(object)", "  65  bad input",
        ]
        for part in parts { #expect(result.output.contains(part), "\(part)") }
        #expect(try Command.run("--version").output == "uopjit 0.1.0\n")
    }

    /// The examples on the help page work as they stand.
    @Test func helpExamplesRun() throws {
        // Behind the examples stand options, whose texts are broken anywhere.
        let help = try Command.run("--help").output.components(separatedBy: "HELPERS")[0]
        let lines = help.split(separator: "\n").map { $0.drop { $0 == " " } }.filter {
            $0.hasPrefix("uopjit ") || $0.hasPrefix("echo ")
        }
        #expect(lines.count >= 6)
        for line in lines {
            // Behind the command stand two spaces and what it does.
            let command = line.components(separatedBy: "  ")[0].replacingOccurrences(
                of: "uopjit ", with: "\"$uopjit\" ")
            let result = try Command.shell("cd '\(Command.package.path)' && \(command)")
            #expect(result.status == 0 && !result.output.isEmpty, "\(line): \(result)")
        }
    }

    // MARK: --set

    @Test(arguments: [
        ("uops 1\nlocal v: i64\n", "v=-0x10", "v = -16\n"), ("uops 1\nlocal v: f64\n", "v=1", "v = 1.0\n"),
        ("uops 1\nlocal v: f64 = 3\n", "v=nan", "v = nan\n"), ("uops 1\nlocal v: object\n", "v=2.5", "v = 2.5\n"),
        ("uops 1\nlocal v: bool\n", "v=True", "v = True\n"), ("uops 1\nlocal v: int = 3\n", "v=1_000", "v = 1000\n"),
        ("uops 1\nlocal v: i64\n", "v='A'", "v = 65\n"),
        ("uops 1\nlocal v: object\n", "v=range(3)", "v = <range iterator 0>\n"),
    ])
    func setting(declarations: String, setting: String, output: String) throws {
        let result = try Command.run(text: declarations + "trace main\n_EXIT_TRACE\nend\n", ["--set", setting])
        #expect(result.status == 0 && result.output == output, "\(result)")
    }

    @Test(arguments: [
        ("cuont=1", "has no local 'cuont'; did you mean 'count'?"), ("zebra=1", "has no local 'zebra'\n"),
        ("count=1.5", "'count' is of class i64: expected an integer, found '1.5'"),
        ("count=", "'count' is of class i64: expected"),
        ("count=99999999999999999999", "'count' is of class i64: "), ("count=1 2", "'count' is of class i64: "),
        ("count=True", "'count' is of class i64: "),
    ])
    func wrongSetting(setting: String, message: String) throws {
        let result = try Command.run(text: ExitStatusTests.empty, ["--set", setting])
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        #expect(
            result.errors.hasPrefix("uopjit: error: --set \(setting): ") && result.errors.contains(message), "\(result)"
        )
    }

    @Test func theLastSettingCounts() throws {
        let result = try Command.run("--set", "x=1", "--set", "x=2", "--no-expect", add4)
        #expect(result.status == 0 && result.output == "6\nx = 6\n", "\(result)")
    }

    /// What --set changes can make an expectation fail: that is told, unless it is not wanted.
    @Test func expectationsHoldForSettingsToo() throws {
        let result = try Command.run("--set", "x=0", add4)
        #expect(result.status == 1 && result.errors.contains("expectation failed: local x is 4; expected -96"))
        // An error exit is an error all the same.
        let failing = try Command.run("--no-expect", Command.example("fails.uops"))
        #expect(
            failing.status == 1 && !failing.errors.contains("expectation") && failing.errors.contains("exit division"))
    }

    // MARK: What is printed

    @Test func quiet() throws {
        let result = try Command.run("--quiet", add4)
        #expect(result.output == "-96\n" && result.errors.isEmpty && result.status == 0)
    }

    @Test(arguments: engines)
    func time(engine: String) throws {
        let result = try Command.run("--time", "--engine", engine, add4)
        #expect(result.status == 0 && result.output == "-96\nx = -96\n")
        let lines = result.errors.split(separator: "\n").map(String.init)
        let names = lines.dropFirst().dropLast().map { $0.prefix(26).reversed().drop { $0 == " " }.reversed() }
        let stages =
            engine == "interpreter"
            ? []
            : [
                "block order", "rotation", "unrolling", "graph", "common-subexpressions", "redundant-checks", "loop-invariants",
                "dead-code", "fusion", "assignment", "emission: steps", "emission: fixing", "emission: copying", "sealing",
                "once",
            ]
        let expected = ["catalog", "parse", "verify", "lower", "compile"] + stages.map { "  " + $0 } + ["run"]
        #expect(names.map { String($0) } == expected, "\(result)")
        for line in lines.dropFirst().dropLast() {
            let numbers = line.dropFirst(26).split(separator: " ").map { Double($0) }
            let count = ["catalog", "run", "  once"].contains { line.hasPrefix($0) } ? 1 : 2
            #expect(numbers.count == count && numbers.allSatisfy { $0.map { $0 >= 0 } == true }, "\(line)")
        }
        let last = lines.last?.split(separator: " ") ?? []
        #expect(last.dropFirst().joined(separator: " ") == "bytes of machine code for 7 uops")
        #expect((last.first == "0") == (engine == "interpreter"))
    }

    /// A pass that is left out takes no time; the stages are parts of the compilation.
    @Test func timeOfPasses() throws {
        let result = try Command.run("--time", "--no-pass", "fusion", "--no-pass", "rotation", add4)
        #expect(!result.errors.contains("  fusion") && !result.errors.contains("  rotation"))
        func microseconds(_ line: Substring) -> Double { line.dropFirst(26).split(separator: " ").first.flatMap { Double($0) } ?? 0 }
        let lines = result.errors.split(separator: "\n")
        let whole = try #require(lines.first { $0.hasPrefix("compile") })
        let parts = lines.filter { $0.hasPrefix("  ") && !$0.contains("ns a uop") }
        let sum = parts.reduce(0) { $0 + microseconds($1) }
        #expect(parts.count == 13 && abs(sum - microseconds(whole)) < 2, "\(result)")
    }

    @Test(arguments: engines)
    func profile(engine: String) throws {
        let result = try Command.run("--profile", "--quiet", "--engine", engine, Command.example("fibonacci.uops"))
        #expect(result.status == 0, "\(result)")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains(["trace", "traced"]) && rows.contains(["exhausted:"]))
        #expect(rows.count { $0 == ["30", "_BINARY_OP_ADD_INT"] } == 2)
        #expect(
            rows.contains(["31", "_IS_ITER_EXHAUSTED_RANGE"]) && rows.contains(["31", "_GUARD_NOT_EXHAUSTED_RANGE"]))
        #expect(rows.contains(["0", "_EXIT_TRACE"]), "nothing overflows")
    }

    // MARK: Standard input

    @Test func standardInput() throws {
        let hello = try Command.run("--format", "bf", "-", input: "++++++++[>++++++++<-]>+.")
        #expect(hello.status == 0 && hello.output == "A")
        let trace = try Command.run(
            "--format", "uops", "-", input: "uops 1\nlocal a: i64 = 3\ntrace t\n_EXIT_TRACE\nend\n")
        #expect(trace.status == 0 && trace.output == "a = 3\n")
        let wrong = try Command.run("--format", "uops", "-", input: "uops 2\n")
        #expect(wrong.status == 65 && wrong.errors.hasPrefix("<standard input>:1:6: error: "), "\(wrong)")
    }

    /// A program reads what is left of standard input, byte by byte to its end.
    @Test(arguments: engines)
    func readByte(engine: String) throws {
        let text = """
            uops 1
            local sum: i64
            helper read_byte() -> i64
            trace main
                _CALL_0_VALUE read_byte
                _DUP
                _I64_CONST -1
                _I64_NE
                _GUARD_TRUE -> end_of_input
                _LOAD_FAST sum
                _I64_ADD
                _STORE_FAST sum
                _JUMP_TO_TOP
            end
            trace end_of_input(i64, i64)
                _EXIT_TRACE
            end
            """
        let input = String(repeating: "\u{1}", count: 70_000)
        let result = try Command.run(text: text, ["--engine", engine], input: input)
        #expect(result.status == 0 && result.output == "sum = 70000\n", "\(result)")
    }

    // MARK: Limits

    static let limits: [(option: String, text: String)] = [
        ("--limit-file-bytes", ExitStatusTests.empty), ("--limit-uops", "uops 1\ntrace a\n_NOP\n_EXIT_TRACE\nend\n"),
        ("--limit-traces", "uops 1\ntrace a\n_EXIT_TRACE\nend\ntrace b\n_EXIT_TRACE\nend\n"),
        ("--limit-locals", ExitStatusTests.empty),
        ("--limit-labels", "uops 1\ntrace a\nx:\ny:\n_EXIT_TRACE\nend\n"),
        ("--limit-values", "uops 1\ntrace a\n%a = _I64_CONST 1\n%b = _I64_CONST 2\n_EXIT_TRACE\nend\n"),
        ("--limit-stack", "uops 1\ntrace a\n_I64_CONST 1\n_I64_CONST 2\n_EXIT_TRACE\nend\n"),
        ("--limit-memory-bytes", "uops 1\nbuffer b: i8[2]\ntrace a\n_EXIT_TRACE\nend\n"),
        ("--limit-errors", "uops 1\ntrace a\n_A\n_B\n_C\n_EXIT_TRACE\nend\n"),
    ]

    @Test(arguments: limits)
    func limit(option: String, text: String) throws {
        let refused = try Command.run(text: text, [option, "1"])
        #expect(refused.status == 65 && refused.errors.contains(option), "\(refused)")
        let accepted = try Command.run(text: text, [option, "1000"])
        #expect(accepted.status == (option == "--limit-errors" ? 65 : 0), "\(accepted)")
        #expect(!accepted.errors.contains(option))
    }
}
