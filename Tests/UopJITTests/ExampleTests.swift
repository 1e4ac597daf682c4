import Foundation
import Testing

/// Every file of Examples/ does what its header says, in all engines.
struct ExampleTests {
    /// An example, and what it must do beside what its own `expect` lines say.
    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        var status: Int32 = 0
        var input = ""
        /// All that it writes, with `--quiet`; nil where its `expect` lines say it.
        var output: String?
        /// What must be among the errors, each; none where this is empty.
        var errors: [String] = []

        var testDescription: String { name }
    }

    static let all: [Example] = [
        Example(name: "add4.uops", output: "-96\n"),
        Example(name: "collatz.uops", output: ""),
        Example(name: "dot.uops", output: ""),
        Example(
            name: "fails.uops", status: 1, output: "",
            errors: [
                "fails.uops:25:1: error: expectation failed: local quotient is -1; expected 21\n",
                "fails.uops:21:5: error: exit division: the divisor is 0\n",
                "\n        _EXIT_TRACE -> division\n        ^",
            ]),
        Example(name: "fibonacci.uops", output: ""),
        Example(name: "gcd.uops", output: ""),
        Example(name: "hello.bf", output: "Hello, world!\n"),
        Example(name: "histogram.uops", output: ""),
        Example(name: "linked.uops"),
        Example(name: "mandelbrot.uops", output: mandelbrot),
        Example(name: "named.uops"),
        Example(name: "sieve.uops", output: ""),
        Example(name: "sort.uops"),
        Example(name: "squares.bf", output: (0...100).map { "\($0 * $0)\n" }.joined()),
    ]

    /// The picture, by the same arithmetic.
    static let mandelbrot: String = {
        let scale = 2.5 / 13.0
        return (0..<13).map { row in
            (0..<39).map { column in
                let c = ((Double(column) + 0.5) * scale * 0.4375 - 2.25, (Double(row) + 0.5) * scale - 1.25)
                var z = (0.0, 0.0)
                for _ in 0..<100 {
                    if z.0 * z.0 + z.1 * z.1 > 4 { return " " }
                    z = (z.0 * z.0 - z.1 * z.1 + c.0, (z.0 + z.0) * z.1 + c.1)
                }
                return "*"
            }.joined() + "\n"
        }.joined()
    }()

    @Test(arguments: all, engines)
    func runs(example: Example, engine: String) throws {
        let result = try Command.run(
            ["--quiet", "--engine", engine, Command.example(example.name)], input: Array(example.input.utf8))
        #expect(result.status == example.status && !result.wasKilled, "\(result)")
        if let output = example.output { #expect(result.output == output) }
        for error in example.errors { #expect(result.errors.contains(error), "\(result)") }
        if example.errors.isEmpty { #expect(result.errors.isEmpty) }
    }

    @Test func noFileIsLeftOut() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Command.examples.path)
        #expect(files.sorted() == Self.all.map(\.name).sorted())
    }

    /// A file that expects nothing would be a test that cannot fail.
    @Test(arguments: all.map(\.name).filter { $0.hasSuffix(".uops") })
    func expectsSomething(name: String) throws {
        let text = try String(contentsOfFile: Command.example(name), encoding: .utf8)
        #expect(text.contains("\nexpect "))
        #expect(text.hasPrefix("# "), "an example begins with what it teaches")
    }

    /// What an example writes as it stands, locals included.
    @Test func localsArePrinted() throws {
        #expect(try Command.run(Command.example("add4.uops")).output == "-96\nx = -96\n")
        let fibonacci = try Command.run(Command.example("fibonacci.uops")).output
        #expect(fibonacci.contains("\na = 832040\nb = 1346269\n") && fibonacci.contains("\nfast_a = 832040\n"))
    }

    /// The measurements that headers name work.
    @Test(arguments: [
        (
            "fibonacci.uops", ["iterator=range(10)", "fast_iterator=range(11)"],
            "\na = 55\nb = 89\nfast_iterator = <range iterator 1>\nfast_a = 89\n"
        ),
        ("collatz.uops", ["n=100"], "best = 97\n"), ("gcd.uops", ["n=3"], "sum = 12\n"),
        ("sieve.uops", ["rounds=2"], "primes = 9592\n"), ("dot.uops", ["rounds=1"], "total = 10385437.5\n"),
        ("mandelbrot.uops", ["n=2", "draws=0"], "inside = "),
    ])
    func canBeMeasured(name: String, settings: [String], line: String) throws {
        let options = settings.flatMap { ["--set", $0] }
        let result = try Command.run(["--time", "--no-expect"] + options + [Command.example(name)])
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("\nrun   "))
        #expect(result.output.contains(line), "\(result)")
    }

    /// Behind 50 bits both loops of fibonacci.uops begin again, alike.
    @Test(arguments: engines)
    func fibonacciOverflows(engine: String) throws {
        let result = try Command.run(
            "--engine", engine, "--no-expect", "--set", "iterator=range(1000)", "--set", "fast_iterator=range(1000)",
            Command.example("fibonacci.uops"))
        func value(_ name: String) -> String? {
            result.output.split(separator: "\n").first { $0.hasPrefix(name + " = ") }.map {
                String($0.dropFirst(name.count + 3))
            }
        }
        // The 72nd sum is the first that does not fit, and takes a step for itself.
        var (a, b) = (0, 1)
        for _ in 0..<1000 { (a, b) = a + b < 1 << 49 ? (b, a + b) : (0, 1) }
        #expect(value("a") == "\(a)" && value("b") == "\(b)" && value("_") == "999", "\(result)")
        #expect(value("fast_a") == "\(a)" && value("fast_b") == "\(b)")
    }
}
