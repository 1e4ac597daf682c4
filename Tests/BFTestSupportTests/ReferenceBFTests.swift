import BFTestSupport
import Testing

/// What the reference should do, worked out by hand.
struct ReferenceBFTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let item: BFCase
        let output: [UInt8]
        let ending: BFOutcome.Ending
        /// Cells that are not 0, by their number from the start cell on; nil where nothing is said of the tape.
        let cells: [Int: UInt32]?
        var testDescription: String { name }

        init(
            _ name: String, _ item: BFCase, output: [UInt8] = [], ending: BFOutcome.Ending = .finished,
            cells: [Int: UInt32]? = nil
        ) {
            (self.name, self.item, self.output, self.ending, self.cells) = (name, item, output, ending, cells)
        }
    }

    private static func right(_ count: Int) -> String { String(repeating: ">", count: count) }
    private static func left(_ count: Int) -> String { String(repeating: "<", count: count) }

    static let commands = [
        Row("an empty text", BFCase(""), cells: [:]),
        Row("six times seven", BFCase("++++++[->+++++++<]>."), output: [42], cells: [1: 42]),
        Row("all other bytes are comments", BFCase([0x80, 43, 0, 10, 43, 255, 46, 35]), output: [2], cells: [0: 2]),
        Row("a loop on 0 is passed", BFCase("[+.>]>+"), cells: [1: 1]),
        Row("nested loops", BFCase("++[>+++[>+<-]<-]>>."), output: [6], cells: [2: 6]),
        Row("a loop ends at the cell where it is then", BFCase("+[>]>+"), cells: [0: 1, 2: 1]),
        Row("a scan", BFCase("+>>+>>+<<<<[>>]+"), cells: [0: 1, 2: 1, 4: 1, 6: 1]),
        Row("input", BFCase(",>,.<.", input: [7, 200]), output: [200, 7], cells: [0: 7, 1: 200]),
        Row("the low byte is written", BFCase("-.", cellBits: 32), output: [255], cells: [0: .max]),
    ]

    static let widths = [
        Row("8 bits wrap down", BFCase("-"), cells: [0: 0xFF]),
        Row("16 bits wrap down", BFCase("-", cellBits: 16), cells: [0: 0xFFFF]),
        Row("32 bits wrap down", BFCase("-", cellBits: 32), cells: [0: 0xFFFF_FFFF]),
        Row("8 bits wrap up", BFCase("--+++"), cells: [0: 1]),
        Row("8 bits wrap in the middle of a run", BFCase(String(repeating: "+", count: 257)), cells: [0: 1]),
        Row("16 bits do not", BFCase(String(repeating: "+", count: 257), cellBits: 16), cells: [0: 257]),
        Row("-3 is 0 after 171 steps of 3", BFCase("-[--->+<]>"), cells: [1: 85]),
        Row("16 bits wrap in a loop", BFCase("+[--->+<]", cellBits: 16, stepLimit: 300_000), cells: [1: 43_691]),
    ]

    static let ends = [
        Row("unchanged", BFCase("+++,", endOfInput: .unchanged), cells: [0: 3]),
        Row("zero", BFCase("+++,", endOfInput: .zero), cells: [:]),
        Row("minus one, 8 bits", BFCase("+++,", endOfInput: .minusOne), cells: [0: 0xFF]),
        Row("minus one, 16 bits", BFCase("+++,", cellBits: 16, endOfInput: .minusOne), cells: [0: 0xFFFF]),
        Row("minus one, 32 bits", BFCase("+++,", cellBits: 32, endOfInput: .minusOne), cells: [0: 0xFFFF_FFFF]),
        Row("a byte of input is zero-extended", BFCase("-,", input: [255], cellBits: 32), cells: [0: 255]),
        Row("input first, then its end", BFCase(",>,>,", input: [9, 8], endOfInput: .zero), cells: [0: 9, 1: 8]),
    ]

    static let offTape = [
        Row("left end", BFCase(".<+", cellsLeft: 0), output: [0], ending: .offTape(cell: -1, position: 2)),
        Row("left end of a page", BFCase(left(4096) + "+" + left(1) + "."), ending: .offTape(cell: -4097, position: 4098)),
        Row("right end of a page", BFCase(right(4095) + "+.>-"), output: [1], ending: .offTape(cell: 4096, position: 4098)),
        Row("the first command of a run", BFCase("<c+ -\n++", cellsLeft: 0), ending: .offTape(cell: -1, position: 2)),
        Row("a run whose sum is 0", BFCase("<+-", cellsLeft: 0), ending: .offTape(cell: -1, position: 1)),
        Row("a move of 0 ends a run", BFCase("<>+<>+<+", cellsLeft: 0), ending: .offTape(cell: -1, position: 7)),
        Row("an opening bracket", BFCase("<<[-]", cellsLeft: 0), ending: .offTape(cell: -2, position: 2)),
        Row("a closing bracket", BFCase("+[.<]", cellsLeft: 0), output: [1], ending: .offTape(cell: -1, position: 4)),
        Row("input", BFCase("<,", input: [1], cellsLeft: 0), ending: .offTape(cell: -1, position: 1)),
        Row("output", BFCase("<.", cellsLeft: 0), ending: .offTape(cell: -1, position: 1)),
        Row("a move uses nothing", BFCase(left(9) + right(10) + "+", cellsLeft: 0), cells: [1: 1]),
        Row("a run to the end", BFCase("+[>+]"), ending: .offTape(cell: 4096, position: 3)),
        Row("no steps are left", BFCase("+[]."), ending: .outOfSteps),
    ]

    static let pages = [
        Row("a page of 16 bits", BFCase(right(2047) + "+>+", cellBits: 16), ending: .offTape(cell: 2048, position: 2049)),
        Row("a page of 32 bits", BFCase(left(1024) + "+<+", cellBits: 32), ending: .offTape(cell: -1025, position: 1026)),
        Row("a cell more than a page", BFCase(right(8191) + "+", cellsRight: 4097), cells: [8191: 1]),
        Row("another size of pages", BFCase(right(16) + "+", pageBytes: 16), ending: .offTape(cell: 16, position: 16)),
        Row("two pages left", BFCase(left(8192) + "+<+", cellsLeft: 4097), ending: .offTape(cell: -8193, position: 8194)),
    ]

    @Test(arguments: commands + widths + ends + offTape + pages) func result(_ row: Row) {
        for outcome in [ReferenceBF(row.item).outcome] + (row.ending == .outOfSteps ? [] : [TreeBF.run(row.item)]) {
            #expect(outcome.output == row.output)
            #expect(outcome.ending == row.ending)
            guard let cells = row.cells else { continue }
            let page = row.item.pageBytes * 8 / row.item.cellBits
            let start = (row.item.cellsLeft + page - 1) / page * page
            let found = outcome.tape.indices.filter { outcome.tape[$0] != 0 }.map { ($0 - start, outcome.tape[$0]) }
            #expect(Dictionary(uniqueKeysWithValues: found) == cells)
        }
    }

    @Test(arguments: [
        (8, 1, 1, 8192), (16, 1, 1, 4096), (32, 1, 1, 2048), (8, 0, 4096, 4096), (8, 4096, 4097, 12288), (32, 1024, 1025, 3072),
    ]) func tapeIsRoundedUpToPages(bits: Int, left: Int, right: Int, cells: Int) {
        let item = BFCase("", cellBits: bits, cellsLeft: left, cellsRight: right)
        #expect(ReferenceBF(item).outcome.tape.count == cells)
        #expect(TreeBF.run(item).tape.count == cells)
    }

    @Test func stepsAndReadsAreCounted() {
        let run = ReferenceBF(BFCase("++[>,<-]  >>", input: [1]))
        // The run, the bracket, five in each of two rounds, the move at the end.
        #expect(run.steps == 13)
        #expect(run.reads == 2)
        #expect(run.reached(4) && run.reached(11))
        #expect(!ReferenceBF(BFCase("[+]")).reached(1))
        #expect(ReferenceBF(BFCase("+[]", stepLimit: 5)).steps == 5)
    }
}
