import Foundation
import ObjectFiles
import Testing

/// What is shown of the machine code of BF programs; objects and runs under `--gdb` of all examples are in
/// `ObjectTests` and `DebuggerTests`.
struct BFDebuggingTests {
    /// Adds sevenfold what it reads, looks for a 0, and writes.
    private static let text = """
        ,>,>,<<
        [->+++++++<]
          >[>]<.
        """

    /// So many loops that code is made in parts.
    private static let long = String(repeating: ",>,[->+<].[>>>]<\n", count: 1000)

    // MARK: Listings

    /// Each instruction has its number, place and words above its code; exits and cold code come behind.
    @Test func codeNamesInstructions() throws {
        let dump = try Command.run(text: Self.text, name: "test.bf", ["--dump", "code"], environment: ["UOPJIT_OBJDUMP": ""])
        let lines = dump.output.split(separator: "\n").map(String.init)
        #expect(dump.status == 0 && lines[1] == "in line" && lines[2] == "         starts", "\(dump)")
        let uops = try Command.run(text: Self.text, name: "test.bf", ["--dump", "uops"]).output.split(separator: "\n")
        for (number, line) in uops.enumerated() {
            #expect(lines.contains("      \(number)  \(line)"), "\(line)\n\(dump)")
        }
        #expect(uops.contains { $0 == "   2:4   multiply [1] += [0] * 7" }, "\(uops)")
        let parts = ["         finishes", "out of line", "      0  leaves at read [0]", "cold fragments"]
        let places = parts.map { lines.firstIndex(of: $0) ?? -1 }
        #expect(places[0] > 0 && places == places.sorted(), "\(dump)")
        #expect(lines.drop { $0 != "cold fragments" }.contains { $0.hasSuffix("  scan 1") }, "\(dump)")
    }

    @Test(.enabled(if: Tools.objdump != nil, Tools.noObjdump)) func codeIsDisassembled() throws {
        let dump = try Command.run(text: Self.text, name: "test.bf", ["--dump", "code"]).output
        for part in [" <bf.scan_", ".cold>\n", ".exit>\n", "movq"] { #expect(dump.contains(part), "\(part)\n\(dump)") }
    }

    /// Parts lie behind each other in the listing, and each says how it goes on.
    @Test func codeInParts() throws {
        let dump = try Command.run(text: Self.long, name: "test.bf", ["--dump", "code"], environment: ["UOPJIT_OBJDUMP": ""])
        let lines = dump.output.split(separator: "\n")
        let parts = lines.count { $0 == "in line" }
        #expect(parts > 1 && lines.count { $0.contains("         goes on at ") } == parts - 1)
        #expect(lines[0].split(separator: " ").count { $0.hasPrefix("0x") } == parts)
        var end = 0
        for line in lines {
            let words = line.split(separator: " ")
            guard words[0].last == ":", let offset = Int(words[0].dropLast(), radix: 16) else { continue }
            #expect(offset == end)
            end = offset + words.count - 1
        }
        #expect(lines[0].hasPrefix("\(end) bytes at "))
    }

    // MARK: Other tools

    @Test func objectInParts() throws {
        try Command.withFolder { folder in
            let path = folder.appendingPathComponent("out.o")
            let result = try Command.run(text: Self.long, name: "test.bf", ["--emit-object", path.path])
            #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty, "\(result)")
            let object = try Object(parsingELF: Array(try Data(contentsOf: path)), name: "out.o")
            let text = try #require(object.sections.first { $0.name == ".text" })
            let symbols = object.symbols.filter { $0.section == text.index }.sorted { $0.value < $1.value }
            let ends = symbols.map { $0.value + $0.size }
            #expect(symbols.map(\.value) == [0] + ends.dropLast() && ends.last == text.size)
            #expect(Set(symbols.map(\.name)).count == symbols.count)
            for name in ["bf.run_start", "bf.read_0", "bf.read_0.exit", "bf.run_end"] {
                #expect(symbols.contains { $0.name == name }, "\(name)")
            }
        }
    }

    @Test func perfMap() throws {
        let file = Command.example("squares.bf")
        let result = try Command.shell("echo $$ >&2; exec \"$uopjit\" --perf-map \"$@\"", [file])
        let path = "/tmp/perf-\(try #require(result.errors.split(separator: "\n").first)).map"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let names = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ").last }
        #expect(names.first == "bf.run_start" && names.suffix(2) == ["uopjit_enter", "uopjit_return"])
        #expect(names.contains { $0?.hasPrefix("bf.scan_") == true } && Set(names).count == names.count)
        #expect(try result.bytes == Command.run(file).bytes)
    }

    // MARK: gdb

    /// Out of a helper, and at an access that faults, the stack leads to `main`.
    @Test(.enabled(if: Tools.gdbWorks, Tools.noGDB)) func backtraces() throws {
        let program = ",>" + String(repeating: "+>", count: 4094) + "+" + String(repeating: "<", count: 4094) + "[>]"
        let output = try DebuggerTests().gdb(
            program, name: "test.bf", ["break read", "continue", "bt", "delete", "continue", "bt", "continue"],
            options: ["--gdb", "--tape", "4096"])
        let frames = output.split(separator: "\n").filter { $0.hasPrefix("#") }.map(String.init)
        for name in ["read", "scan"] {
            let frame = try #require(frames.firstIndex { $0.contains("bf.\(name)_") }, "\(output)")
            #expect(frames[frame + 1].contains(" uop_enter_visibly ("), "\(output)")
        }
        #expect(output.contains("SIGSEGV") && frames.count { $0.hasSuffix("main ()") } == 2, "\(output)")
        #expect(output.contains("exited with code 01") && !output.contains("Backtrace stopped"), "\(output)")
    }

    /// Wherever machine code is stopped, gdb knows the instruction and the way to `main`.
    @Test(.enabled(if: Tools.gdbWorks, Tools.noGDB)) func backtraceAtEveryInstruction() throws {
        let output = try DebuggerTests().gdb(
            ",[->,+<]+[>+++]", name: "test.bf",
            [
                "set $code = (long)enter", "while $pc != $code", "stepi", "end", "echo begin\\n", "set $count = 0",
                "while $count < 25", "stepi", "bt", "set $count = $count + 1", "end",
            ], options: ["--gdb"])
        let lines = output.split(separator: "\n").drop { $0 != "begin" }
        let innermost = lines.filter { $0.hasPrefix("#0 ") }
        #expect(innermost.count == 25 && !innermost.contains { $0.contains("??") }, "\(output)")
        #expect(innermost.contains { $0.contains("bf.run_start (") } && lines.count { $0.hasSuffix("main ()") } == 25, "\(output)")
    }

    // MARK: Times

    @Test(arguments: engines) func time(engine: String) throws {
        let result = try Command.run("--time", "--engine", engine, Command.example("hello.bf"))
        let lines = result.errors.split(separator: "\n").map(String.init)
        let names = lines.dropFirst().dropLast().map { line in
            String(line.prefix(26).reversed().drop { $0 == " " }.reversed())
        }
        let passes = ["read", "offsets, loops", "constants", "linking", "once"].map { "  " + $0 }
        let stages = ["code", "once"].map { "  " + $0 }
        #expect(
            names == ["read and passes"] + passes + ["compile"] + (engine == "interpreter" ? [] : stages) + ["run"],
            "\(result)")
        #expect(result.output == "Hello, world!\n" && lines[0].hasSuffix("us  ns an instruction"))
    }
}
