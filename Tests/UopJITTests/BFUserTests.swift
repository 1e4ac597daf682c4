import Foundation
import Testing

/// BF programs as a new user tries them: wrong usage, odd files, small and large tapes, streams.
@Suite(.timeLimit(.minutes(30)))
struct BFUserTests {
    // MARK: Files

    @Test func filesThatCannotBeRead() throws {
        let missing = try Command.run("/nowhere/at-all.b")
        #expect(missing.status == 65 && missing.errors == "uopjit: error: /nowhere/at-all.b: No such file or directory\n")
        try Command.withFolder { folder in
            let directory = folder.appendingPathComponent("folder.b")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            let result = try Command.run(directory.path)
            #expect(result.status == 65 && result.errors == "uopjit: error: \(directory.path): Is a directory\n")
        }
    }

    #if os(Linux)
        @Test func unreadableFile() throws {
            let result = try Command.run("--format", "bf", "/proc/self/mem")
            #expect(result.status == 65 && result.errors == "uopjit: error: /proc/self/mem: Input/output error\n")
        }
    #endif

    /// Whatever the bytes are: unmatched brackets, or a program.
    @Test func binaryGarbage() throws {
        var random: UInt64 = 1
        for _ in 0..<20 {
            let bytes = (0..<2_000).map { _ in
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: random >> 33)
            }
            let result = try Command.run(bytes: bytes, name: "garbage.b", ["--fuel", "1000"])
            #expect([0, 1, 65].contains(result.status) && !result.wasKilled, "\(result.status)")
            #expect(result.errors.utf8.allSatisfy { $0 == 10 || $0 == 9 || (32...126).contains($0) }, "\(result.errors)")
        }
    }

    /// The program is standard input up to its end, so that nothing is left for `,`.
    @Test(arguments: BFVariant.all)
    func programFromStandardInput(variant: BFVariant) throws {
        let result = try Command.run(
            variant.options + ["--eof", "minus-one", "--format", "bf", "-"], input: Array("+++.,.!xyz".utf8))
        #expect(result.status == 0 && result.bytes == [3, 255] && result.errors.isEmpty, "\(result)")
        let wrong = try Command.run(["--format", "bf", "-"], input: Array("+[".utf8))
        #expect(wrong.status == 65 && wrong.errors.hasPrefix("<standard input>:1:2: error: unmatched '['"), "\(wrong)")
    }

    // MARK: Usage

    @Test(
        arguments: [
            (["--cell-bits", "7"], "The value '7' is invalid for '--cell-bits <bits>'. Please provide one of '8', '16' or '32'."),
            (["--eof", "foo"], "The value 'foo' is invalid for '--eof <eof>'. Please provide one of 'unchanged', 'zero' or 'minus-one'."),
            (["--tape", "-1"], "--tape -1: expected a number of cells from 0 up."),
            (["--tape-left", "-1"], "--tape-left -1: expected a number of cells from 0 up."),
            (["--tape", "0", "--tape-left", "0"], "--tape 0 --tape-left 0: a tape has at least one cell."),
            (["--tape", "99999999999999999999"], "The value '99999999999999999999' is invalid for '--tape <cells>'"),
            (["--tape", "\(Int.max)"], "the tape has more cells than there can be (--tape, --tape-left)"),
            (
                ["--tape", "2000000000", "--tape-left", "0"],
                "the tape takes 2000003072 bytes; the limit is 1073741824 (--tape, --limit-memory-bytes)"
            ),
            (["--limit-memory-bytes", "4096"], "bytes; the limit is 4096 (--tape, --limit-memory-bytes)"),
            (["--set", "x=1"], "--set: BF programs have no locals"),
            (["--profile"], "--profile is for .uops files"),
            (["--dump", "ssa"], "--dump ssa is for .uops files; BF programs have --dump uops and --dump code"),
            (["--dump", "plan"], "--dump plan is for .uops files; BF programs have --dump uops and --dump code"),
        ] as [([String], String)])
    func wrongUsage(arguments: [String], message: String) throws {
        let result = try Command.run(text: "+.", name: "test.b", arguments)
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains(message + "\n"), "\(result)")
    }

    /// What is asked for and cannot be had is told, with what to do.
    @Test func moreMemoryThanThereIs() throws {
        let result = try Command.run(
            text: "+.", name: "test.b", ["--tape", "\(1 << 40)", "--limit-memory-bytes", "\(Int.max)", "--cell-bits", "32"])
        // Tapes cost nothing where they are not used, so that there may be room.
        #expect(result.status == 0 || result.status == 70 && result.errors.contains("(--tape N makes it smaller)"), "\(result)")
    }

    // MARK: Tapes

    /// Sizes are rounded up to pages at both ends; none at all stays none.
    @Test(arguments: BFVariant.all)
    func tapesEndAtPages(variant: BFVariant) throws {
        let page = Int(getpagesize())
        for bits in [8, 16, 32] {
            let cells = page * 8 / bits
            for (wanted, there) in [(0, 0), (1, cells), (cells, cells), (cells + 1, 2 * cells)] {
                let right = try run("+[>+]", variant, ["--cell-bits", "\(bits)", "--tape", "\(wanted)"])
                #expect(
                    right.errors(naming: "t.b")
                        == (there == 0
                            ? "uopjit: error: the pointer left the tape at cell 0 (t.b:1:1)\n    +[>+]\n    ^\n"
                            : "uopjit: error: the pointer left the tape at cell \(there) (t.b:1:4, loop opened at 1:2)\n    +[>+]\n       ^\n"))
                let left = try run("+[<+]", variant, ["--cell-bits", "\(bits)", "--tape-left", "\(wanted)"])
                #expect(
                    left.errors(naming: "t.b")
                        == "uopjit: error: the pointer left the tape at cell \(-there - 1) (t.b:1:4, loop opened at 1:2)\n    +[<+]\n       ^\n"
                )
                #expect(left.status == 1 && right.status == 1)
            }
        }
    }

    /// Searches, too, and each kind of command.
    @Test(arguments: BFVariant.all)
    func everyCommandLeavesTheTape(variant: BFVariant) throws {
        let page = Int(getpagesize())
        let far = String(repeating: ">", count: page)
        for command in ["+", "-", ".", ",", "[-]", "[>]"] {
            let result = try run("+.\n" + far + "\n" + command, variant, ["--tape", "1"])
            #expect(result.status == 1 && result.bytes == [1])
            #expect(
                result.errors(naming: "t.b")
                    == "uopjit: error: the pointer left the tape at cell \(page) (t.b:3:1)\n    \(command)\n    ^\n")
        }
        for (text, place) in [("+[>+>+<]", "1:6"), ("+>+<[>]>+[>+]", "1:12")] {
            let result = try run(text, variant, ["--tape", "1"])
            #expect(result.errors(naming: "t.b").contains("at cell \(page) (t.b:\(place), loop opened at "), "\(result)")
        }
    }

    private func run(_ text: String, _ variant: BFVariant, _ options: [String], input: String = "") throws -> Command.Result {
        try Command.run(text: text, name: "t.b", variant.options + options, input: input)
    }

    // MARK: Streams

    /// What is shown on standard error stands where it belongs between the bytes of standard output.
    @Test(arguments: BFVariant.all)
    func debugHash(variant: BFVariant) throws {
        try Command.withFolder { folder in
            let file = folder.appendingPathComponent("hash.b")
            let text = "+++" + String(repeating: "+", count: 62) + ".#>++<+.#"
            try Data(text.utf8).write(to: file)
            let line = "\"$uopjit\" --tape 3 --tape-left 0 \(variant.options.joined(separator: " "))"
            let comment = try Command.shell(line + " \"$1\" 2>&1", [file.path])
            #expect(comment.status == 0 && comment.output == "AB", "\(comment)")
            let shown = try Command.shell(line + " --debug-hash \"$1\" 2>&1", [file.path])
            #expect(shown.status == 0 && shown.output == "A#0: [65] 0 0 0 0\nB#0: [66] 2 0 0 0\n", "\(shown)")
        }
    }

    @Test(arguments: BFVariant.all)
    func closedPipe(variant: BFVariant) throws {
        let endless = "+[>++++++++[>++++++++++>+<<-]>>++.<.[-]>[-]<<<]"
        try Command.withFolder { folder in
            let file = folder.appendingPathComponent("endless.b")
            try Data(endless.utf8).write(to: file)
            let options = variant.options.joined(separator: " ")
            let result = try Command.shell(
                "{ \"$uopjit\" \(options) \"$1\"; echo $? >&2; } | head -1", [file.path])
            #expect(result.output == "\n" && result.errors == "141\n" && result.status == 0, "\(result)")
        }
    }

    #if os(Linux)
        @Test(arguments: BFVariant.all)
        func fullDisk(variant: BFVariant) throws {
            let options = variant.options.joined(separator: " ")
            let result = try Command.shell("printf '+.' | \"$uopjit\" --format bf \(options) - > /dev/full")
            #expect(result.status == 74)
            #expect(result.errors == "uopjit: error: <standard output>: No space left on device\n")
        }
    #endif

    // MARK: Fuel

    /// Each test by a `]` counts, in both engines alike, whatever is known of the loop.
    @Test(arguments: BFVariant.all)
    func fuel(variant: BFVariant) throws {
        let rows = [
            ("+[]", "3", 1, ""), ("++++++++[-.]", "3", 1, "\u{7}\u{6}\u{5}\u{4}"), ("+++[-.]", "1", 1, "\u{2}\u{1}"),
            ("+++[-.]", "1000", 0, "\u{2}\u{1}\0"), ("+[>+]", "10", 1, ""), ("+.", "0", 0, "\u{1}"),
        ]
        for (text, fuel, status, output) in rows {
            let result = try Command.run(text: text, name: "t.b", variant.options + ["--fuel", fuel])
            #expect(result.status == Int32(status) && result.output == output, "\(text) \(fuel): \(result)")
            #expect(result.errors.contains("error: the run used up its fuel (") == (status == 1), "\(result)")
        }
    }

    // MARK: Searches

    /// Cells that are not 0 up to the end: near it a search looks at single cells, in code of its own, which faults.
    @Test(arguments: ["[>]", "[>>>]", "[>>>>>]", "[<]", "[<<<]"], engines)
    func searchesOffTheTape(search: String, engine: String) throws {
        func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }
        let program = times(4096, "+>") + times(4096, "<") + times(4096, "<+") + times(4096, ">") + search
        let result = try Command.run(
            text: program, name: "test.bf", ["--tape", "4096", "--tape-left", "4096", "--engine", engine])
        let stride = search.count - 2
        let steps = 4096 / stride + (search.contains("<") || 4096 % stride != 0 ? 1 : 0)
        let cell = search.contains("<") ? -stride * steps : stride * steps
        #expect(result.status == 1 && result.errors.contains(": the pointer left the tape at cell \(cell)"), "\(result)")
    }
}
