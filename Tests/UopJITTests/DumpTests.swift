import Foundation
import Testing

/// `--dump` shows a program at each stage, and runs nothing.
struct DumpTests {
    /// The canonical text is a file that does the same.
    @Test(arguments: ExampleTests.all.map(\.name).filter { $0 != "fails.uops" })
    func uopsRunAgain(name: String) throws {
        let dump = try Command.run("--dump", "uops", Command.example(name))
        #expect(dump.status == 0 && dump.output.hasPrefix("uops 1\n"), "\(dump)")
        let original = try Command.run(Command.example(name))
        // Locals are printed for .uops only.
        let quiet = name.hasSuffix(".bf") ? ["--quiet"] : []
        let again = try Command.run(bytes: dump.bytes, name: "again.uops", quiet)
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
    @Test(arguments: ExampleTests.all.map(\.name)) func ssaAfterPasses(name: String) throws {
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
            "_I64_MUL ", " base\n", " _I64_CONST ", "\nout of line\n", " leave trace odd\n", " leave exit done\n",
            "_CALL_1 (frame) print_i64 result | side exit (",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("1594323"), "a dump does not run")
    }

    /// The listing has each step, and as many bytes as it says.
    @Test func code() throws {
        let text = try Command.run("--dump", "code", Command.example("add4.uops")).output
        let lines = text.split(separator: "\n")
        let stated = try #require(lines.first?.split(separator: " ").first.flatMap { Int($0) })
        #expect(lines[0].contains(" bytes at 0x") && lines[1] == "trace main")
        for uop in ["_I64_ADD_CHECKED", "_CALL_1", "out of line", "leave side exit"] { #expect(text.contains(uop)) }
        let rows = lines.compactMap { line -> ArraySlice<Substring>? in
            let words = line.split(separator: " ")
            guard let first = words.first, first.last == ":", Int(first.dropLast(), radix: 16) != nil else {
                return nil
            }
            return words.dropFirst()
        }
        #expect(rows.reduce(0) { $0 + $1.count } == stated && stated > 0)
        #expect(rows.allSatisfy { $0.allSatisfy { $0.count == 2 && UInt8($0, radix: 16) != nil } })
    }

    @Test func severalAtOnce() throws {
        let add4 = Command.example("add4.uops")
        let both = try Command.run("--dump", "uops", "--dump", "plan", add4).output
        #expect(
            try both == Command.run("--dump", "uops", add4).output + Command.run("--dump", "plan", add4).output)
    }
}
