import Foundation
import Testing

/// `--dump` shows a program at each stage, and runs nothing.
struct DumpTests {
    /// The examples that are no BF programs.
    private static let traces = ExampleTests.all.map(\.name).filter { $0.hasSuffix(".uops") }

    /// The canonical text is a file that does the same.
    @Test(arguments: traces.filter { $0 != "fails.uops" })
    func uopsRunAgain(name: String) throws {
        let dump = try Command.run("--dump", "uops", Command.example(name))
        #expect(dump.status == 0 && dump.output.hasPrefix("uops 1\n"), "\(dump)")
        let original = try Command.run(Command.example(name))
        let again = try Command.run(bytes: dump.bytes, name: "again.uops")
        #expect(again.status == 0 && again.bytes == original.bytes && again.errors.isEmpty, "\(again)")
        #expect(try Command.run(bytes: dump.bytes, name: "again.uops", ["--dump", "uops"]).bytes == dump.bytes)
    }

    @Test func ssa() throws {
        let text = try Command.run("--dump", "ssa", Command.example("linked.uops")).output
        for part in ["trace main\nb0\n", "trace odd\n", "entry i64 ", "loop depth 1", " = phi i64 [", " = _I64_MUL v", "-> exit "] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("1594323"), "a dump does not run")
    }

    /// Passes change graphs, and leave them sound.
    @Test(arguments: traces) func ssaAfterPasses(name: String) throws {
        for point in ["none", "rotation", "loop-invariants", "last"] {
            let dump = try Command.run("--dump", "ssa", "--after", point, Command.example(name))
            #expect(dump.status == 0 && dump.output.hasPrefix("trace ") && dump.errors.isEmpty, "\(dump)")
            #expect(!dump.output.contains("wrong:") && !dump.output.contains("not compiled"), "\(dump)")
        }
    }

    @Test func ssaShowsFusions() throws {
        let file = Command.example("collatz.uops")
        let before = try Command.run("--dump", "ssa", "--after", "dead-code", file).output
        let last = try Command.run("--dump", "ssa", file).output
        #expect(before.contains(" = _I64_EQ v"))
        #expect(last.contains("  _I64_EQ+_JUMP_IF_TRUE v") && !before.contains("+_JUMP_IF_TRUE"))
        let fused = try Command.run("--dump", "ssa", "--after", "fusion", file).output
        let without = try Command.run("--dump", "ssa", "--no-pass", "fusion", file).output
        #expect(fused == last && without == before)
    }

    @Test func plan() throws {
        let text = try Command.run("--dump", "plan", Command.example("linked.uops")).output
        for part in [
            "trace main\n", "trace even\n", "trace odd\n", "trace finished\n", "_GUARD_TRUE ", " | trace finished (",
            "_I64_MUL ", " base\n", " _I64_CONST ", "\nout of line\n", " leave trace odd  {", " leave exit done  {",
            "_CALL_1 (frame) print_i64 result | side exit (",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("1594323"), "a dump does not run")
    }

    /// Each node is followed by its steps, and says where values are before it; exits say what they would hand back.
    @Test func planShowsWhereValuesAre() throws {
        let text = try Command.run(text: DebuggingText.sum, ["--dump", "plan", "--no-pass", "unrolling"]).output
        for part in [
            """
            b1 from b0, b1  loop depth 1
                  0  _LOAD_FAST r13 sum
                  1  _LOAD_FAST r14 n

            """,
            """
              v4 = _I64_ADD_CHECKED v2, v3                            r13 = v2, r14 = v3
                  3  _I64_ADD_CHECKED r13 r13 r14 | trace too_large (13)

            """,
            "  _EXIT_TRACE                                             spill0 = v4, spill1 = v6\n",
            "  leave trace too_large  {n = v3 in r14, sum = v2 in r13 | v2 in r13, v3 in r14}\n",
            "  leave side exit  {n = v6 in spill1, sum = v4 in spill0 | v4 in spill0}\n",
        ] {
            #expect(text.contains(part), "\(part)\n\(text)")
        }
    }

    /// The listing has each step, and as many bytes as it says.
    @Test(arguments: ["add4.uops", "named.uops", "dot.uops", "hello.bf"], ["x86-64", "default"])
    func code(name: String, level: String) throws {
        let options = ["--dump", "code"] + (level == "default" ? [] : ["--isa", level])
        let text = try Command.run(options + [Command.example(name)], environment: ["UOPJIT_OBJDUMP": ""]).output
        let lines = text.split(separator: "\n")
        let stated = lines[0].split(separator: " ").compactMap { Int($0) }
        #expect(lines[0].contains(" bytes at 0x") && stated.count == 4 && stated[0] == stated[1...].reduce(0, +))
        #expect(lines[1].hasPrefix(name.hasSuffix(".bf") ? "in line" : "trace ") && text.contains("\nout of line\n"))
        let bytes = Self.rows(lines).reduce(0) { $0 + $1.count }
        #expect(bytes == stated[0] && bytes > 0)
    }

    @Test func codeSaysWhatItWasCopiedFrom() throws {
        let text = try Command.run(text: DebuggingText.sum, ["--dump", "code", "--no-pass", "unrolling"]).output
        for part in [
            "_I64_ADD_CHECKED r13 r13 r14 | trace too_large (13)  [registers, template ", "  _I64_SUB r14 r14 1  [registers, literal, template ",
            "_CALL_1 (frame) print_i64 spill0 | side exit (19)  [frame, template 0]", "\ncold fragments\n      3  _I64_ADD_CHECKED  [",
        ] { #expect(text.contains(part), "\(part)\n\(text)") }
    }

    /// Jumps name the step that they lead to.
    @Test(.enabled(if: Tools.objdump != nil, Tools.noObjdump)) func codeIsDisassembled() throws {
        let text = try Command.run(text: DebuggingText.sum, ["--dump", "code", "--no-pass", "unrolling", "--isa", "x86-64"]).output
        let lines = text.split(separator: "\n").map(String.init)
        for (bytes, part) in [
            ("4d 01 f5", "addq %r14, %r13"), ("49 ff ce", "decq %r14"), ("4d 85 f6", "testq %r14, %r14"),
            ("0f 85 e0 ff ff ff", "<main._I64_ADD_CHECKED_3>"), ("0f 80", "<main._I64_ADD_CHECKED_3.cold>"),
        ] { #expect(lines.contains { $0.contains(": \(bytes)") && $0.hasSuffix(part) }, "\(part)\n\(text)") }
    }

    /// A tool that answers nonsense, or is none, leaves bytes.
    @Test(arguments: ["/bin/echo", "/bin/false", "/nowhere/objdump"]) func withoutDisassembler(tool: String) throws {
        let file = Command.example("add4.uops")
        let plain = try Command.run(["--dump", "code", file], environment: ["UOPJIT_OBJDUMP": ""])
        let other = try Command.run(["--dump", "code", file], environment: ["UOPJIT_OBJDUMP": tool])
        func code(_ result: Command.Result) -> [Substring] { Array(result.output.split(separator: "\n").dropFirst()) }
        #expect(other.status == 0 && code(other) == code(plain))
        #expect(other.errors.isEmpty == (tool != "/nowhere/objdump"))
    }

    /// The bytes of lines "  20: 4d 01 f5".
    private static func rows(_ lines: [Substring]) -> [ArraySlice<Substring>] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let first = words.first, first.last == ":", Int(first.dropLast(), radix: 16) != nil else { return nil }
            return words.dropFirst()
        }
    }

    @Test func severalAtOnce() throws {
        let add4 = Command.example("add4.uops")
        let both = try Command.run("--dump", "uops", "--dump", "plan", add4).output
        #expect(
            try both == Command.run("--dump", "uops", add4).output + Command.run("--dump", "plan", add4).output)
    }
}
