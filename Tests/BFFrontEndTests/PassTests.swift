import BFFrontEnd
import Testing
import UopVM

/// What each pass does, and what only looks like it. In the listings, first comes the place in the text that an error
/// would name.
struct PassTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var listing: [String]

        init(_ name: String, _ text: String, _ listing: [String]) {
            (self.name, self.text, self.listing) = (name, text, listing)
        }

        var testDescription: String { "\(name): \(text)" }
    }

    /// The listing of a text after some passes, a line an instruction, without indentation.
    static func listing(_ text: String, _ passes: Set<BFPassName>) throws -> [String] {
        var options = BFOptions()
        options.hashIsDebug = true
        options.disabledPasses = Set(BFPassName.allCases).subtracting(passes)
        var region = try BFReader(options).read(Array(text.utf8))
        var optimizer = TapeOptimizer()
        optimizer.run(&region, disabled: options.disabledPasses)
        let lines = region.listing(of: SourceText(Array(text.utf8))).split(separator: "\n")
        return lines.map { $0.split(separator: " ").joined(separator: " ") }
    }


    static let runs: [Row] = [
        Row("folded over comments", "++x-+>><.", ["1:1 add [0] += 2", "1:6 move 1", "1:9 write [0]"]),
        Row("a sum of 0 stays a use", "+-", ["1:1 add [0] += 0"]),
        Row("moves that cancel out use nothing", "><.", ["1:3 write [0]"]),
        Row("a run ends at another command", "+>+", ["1:1 add [0] += 1", "1:2 move 1", "1:3 add [0] += 1"]),
        Row(
            "debug is a command", "+[-#]",
            [
                "1:1 add [0] += 1",
                "1:2 loop [0]",
                "1:3 add [0] += -1",
                "1:4 debug",
                "1:5 end [0]",
            ]),
    ]

    @Test(arguments: runs)
    func passRuns(row: Row) throws {
        #expect(try Self.listing(row.text, [.runs]) == row.listing)
    }

    static let clear: [Row] = [
        Row("one", "[-]", ["1:1 set [0] = 0"]),
        Row("any odd step", "[+++]", ["1:1 set [0] = 0"]),
        Row("an even step may miss 0", "[--]", ["1:1 loop [0]", "1:2 add [0] += -2", "1:4 end [0]"]),
        Row("with output", "[-.]", ["1:1 loop [0]", "1:2 add [0] += -1", "1:3 write [0]", "1:4 end [0]"]),
        Row("another cell", "[>-]", ["1:1 loop [0]", "1:2 move 1", "1:3 add [0] += -1", "1:4 end [0]"]),
        Row("nested", "[[-]]", ["1:1 loop [0]", "1:2 set [0] = 0", "1:5 end [0]"]),
    ]

    @Test(arguments: clear)
    func passClear(row: Row) throws {
        #expect(try Self.listing(row.text, [.runs, .clear]) == row.listing)
    }

    static let offsets: [Row] = [
        Row("straight code", ">+>+<<-", ["1:2 add [1] += 1", "1:4 add [2] += 1", "1:7 add [0] += -1"]),
        Row(
            "a balanced loop", ">[>+<-]>.",
            [
                "1:2 loop [1]",
                "1:4 add [2] += 1",
                "1:6 add [1] += -1",
                "1:7 end [1]",
                "1:9 write [2]",
            ]),
        Row(
            "an unbalanced loop", "+>[>]<+",
            [
                "1:1 add [0] += 1",
                "1:3 move 1",
                "1:3 loop [0]",
                "1:5 move 1",
                "1:5 end [0]",
                "1:7 add [-1] += 1",
            ]),
        Row("debug needs the pointer", ">>#+", ["1:3 move 2", "1:3 debug", "1:3 move -2", "1:4 add [2] += 1"]),
        Row(
            "unbalanced inside", "[>[>]<]",
            [
                "1:1 loop [0]",
                "1:3 move 1",
                "1:3 loop [0]",
                "1:5 move 1",
                "1:5 end [0]",
                "1:7 move -1",
                "1:7 end [0]",
            ]),
        Row(
            "balanced in unbalanced", ">[<[>+<-]>>]",
            [
                "1:2 move 1",
                "1:2 loop [0]",
                "1:4 loop [-1]",
                "1:6 add [0] += 1",
                "1:8 add [-1] += -1",
                "1:9 end [-1]",
                "1:12 move 1",
                "1:12 end [0]",
            ]),
    ]

    @Test(arguments: offsets)
    func passOffsets(row: Row) throws {
        #expect(try Self.listing(row.text, [.runs, .offsets]) == row.listing)
    }

    static let multiply: [Row] = [
        Row(
            "two cells", "[->+>+++<<]",
            [
                "1:1 touch [0]",
                "1:4 multiply [1] += [0] * 1",
                "1:6 multiply [2] += [0] * 3",
                "1:1 set [0] = 0",
            ]),
        Row("an odd step", "[--->+<]", ["1:1 touch [0]", "1:6 multiply [1] += [0] * -85", "1:1 set [0] = 0"]),
        Row("an even step", "[-->+<]", ["1:1 loop [0]", "1:2 add [0] += -2", "1:5 add [1] += 1", "1:7 end [0]"]),
        Row("net 0 is a use", "[->+-<]", ["1:1 touch [0]", "1:4 multiply [1] += [0] * 0", "1:1 set [0] = 0"]),
        Row(
            "sets make a branch", "[->[-]+++>+<<]",
            [
                "1:1 branch [0]",
                "1:4 set [1] = 3",
                "1:11 multiply [2] += [0] * 1",
                "1:1 set [0] = 0",
                "1:14 endBranch [0]",
            ]),
        Row("input", "[->,<]", ["1:1 loop [0]", "1:2 add [0] += -1", "1:4 read [1]", "1:6 end [0]"]),
        Row(
            "the step in two parts is even", "[->+<-]",
            [
                "1:1 loop [0]",
                "1:2 add [0] += -1",
                "1:4 add [1] += 1",
                "1:6 add [0] += -1",
                "1:7 end [0]",
            ]),
        Row("no step", "[>+<]", ["1:1 loop [0]", "1:3 add [1] += 1", "1:5 end [0]"]),
        Row(
            "unbalanced", "[->+>]",
            [
                "1:1 loop [0]",
                "1:2 add [0] += -1",
                "1:4 add [1] += 1",
                "1:6 move 2",
                "1:6 end [0]",
            ]),
    ]

    @Test(arguments: multiply)
    func passMultiply(row: Row) throws {
        #expect(try Self.listing(row.text, [.runs, .offsets, .multiply]) == row.listing)
    }

    static let multiplyClear: [Row] = [
        Row(
            "sets make a branch", "[->[-]+++>+<<]",
            [
                "1:1 branch [0]",
                "1:4 set [1] = 3",
                "1:11 multiply [2] += [0] * 1",
                "1:1 set [0] = 0",
                "1:14 endBranch [0]",
            ]),
        Row(
            "the own cell is set", "[>+<[-]]",
            [
                "1:1 loop [0]",
                "1:3 add [1] += 1",
                "1:5 set [0] = 0",
                "1:8 end [0]",
            ]),
    ]

    @Test(arguments: multiplyClear)
    func passMultiplyClear(row: Row) throws {
        #expect(try Self.listing(row.text, [.runs, .clear, .offsets, .multiply]) == row.listing)
    }

    static let nested: [Row] = [
        Row(
            "a product", "[->[->+>+<<]>>[-<<+>>]<<<]",
            [
                "1:1 branch [0]",
                "1:2 add [0] += -1",
                "1:4 touch [1]",
                "1:7 multiply [2] += [1] * 1",
                "1:9 multiply [3] += [1] * 1",
                "1:4 set [1] = 0",
                "1:15 touch [3]",
                "1:19 multiply [1] += [3] * 1",
                "1:15 set [3] = 0",
                "1:7 product [2] += [0] * [1]",
                "1:1 set [0] = 0",
                "1:26 endBranch [0]",
            ]),
        Row(
            "a step of -3", "[--->[->+>+<<]>>[-<<+>>]<<<]",
            [
                "1:1 branch [0]",
                "1:2 add [0] += -3",
                "1:6 touch [1]",
                "1:9 multiply [2] += [1] * 1",
                "1:11 multiply [3] += [1] * 1",
                "1:6 set [1] = 0",
                "1:17 touch [3]",
                "1:21 multiply [1] += [3] * 1",
                "1:17 set [3] = 0",
                "1:1 scale [0] *= -85",
                "1:9 product [2] += [0] * [1]",
                "1:1 set [0] = 0",
                "1:28 endBranch [0]",
            ]),
        Row(
            "an even multiple", "[->[->++>+<<]>>[-<<+>>]<<<]",
            [
                "1:1 branch [0]",
                "1:2 add [0] += -1",
                "1:4 touch [1]",
                "1:7 multiply [2] += [1] * 2",
                "1:10 multiply [3] += [1] * 1",
                "1:4 set [1] = 0",
                "1:16 touch [3]",
                "1:20 multiply [1] += [3] * 1",
                "1:16 set [3] = 0",
                "1:7 product [2] += [0] * [1]",
                "1:7 product [2] += [0] * [1]",
                "1:1 set [0] = 0",
                "1:27 endBranch [0]",
            ]),
        Row(
            "once, and then nothing", "[->[->+<]<]",
            [
                "1:1 branch [0]",
                "1:2 add [0] += -1",
                "1:4 touch [1]",
                "1:7 multiply [2] += [1] * 1",
                "1:4 set [1] = 0",
                "1:1 set [0] = 0",
                "1:11 endBranch [0]",
            ]),
        Row(
            "a literal as well", "[->+>[->+>+<<]>>[-<<+>>]<<<<]",
            [
                "1:1 branch [0]",
                "1:2 add [0] += -1",
                "1:4 add [1] += 1",
                "1:6 touch [2]",
                "1:9 multiply [3] += [2] * 1",
                "1:11 multiply [4] += [2] * 1",
                "1:6 set [2] = 0",
                "1:17 touch [4]",
                "1:21 multiply [2] += [4] * 1",
                "1:17 set [4] = 0",
                "1:9 product [3] += [0] * [2]",
                "1:1 multiply [1] += [0] * 1",
                "1:1 set [0] = 0",
                "1:29 endBranch [0]",
            ]),
        Row(
            "the factor changes", "[->+[->+>+<<]>>[-<<+>>]<<<]",
            [
                "1:1 loop [0]",
                "1:2 add [0] += -1",
                "1:4 add [1] += 1",
                "1:5 touch [1]",
                "1:8 multiply [2] += [1] * 1",
                "1:10 multiply [3] += [1] * 1",
                "1:5 set [1] = 0",
                "1:16 touch [3]",
                "1:20 multiply [1] += [3] * 1",
                "1:16 set [3] = 0",
                "1:27 end [0]",
            ]),
        Row(
            "a literal from the second iteration on", "[->>>>[-]<[->+<]+++++<<<]",
            [
                "1:1 loop [0]",
                "1:2 add [0] += -1",
                "1:7 set [4] = 0",
                "1:11 touch [3]",
                "1:14 multiply [4] += [3] * 1",
                "1:11 set [3] = 0",
                "1:17 add [3] += 5",
                "1:25 end [0]",
            ]),
        Row(
            "input", "[->[->+>+<<]>>[-<<+>>],<<<]",
            [
                "1:1 loop [0]",
                "1:2 add [0] += -1",
                "1:4 touch [1]",
                "1:7 multiply [2] += [1] * 1",
                "1:9 multiply [3] += [1] * 1",
                "1:4 set [1] = 0",
                "1:15 touch [3]",
                "1:19 multiply [1] += [3] * 1",
                "1:15 set [3] = 0",
                "1:23 read [3]",
                "1:27 end [0]",
            ]),
    ]

    @Test(arguments: nested)
    func passNested(row: Row) throws {
        #expect(try Self.listing(row.text, [.runs, .offsets, .clear, .multiply, .nested]) == row.listing)
    }
}
