import BFFrontEnd
import BFTestSupport
import Testing

/// Which use off the tape is the first, whatever passes made of the program.
struct FirstUseTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var text: String
        /// Cells left of the start, and from the start on.
        var left = 0
        var right = 1
        /// The cell from the start, and the byte of the text; nil for a program that ends well.
        var cell: Int?
        var position = 0
        var output: [UInt64] = []

        var testDescription: String { text }
    }

    static let rows: [Row] = [
        Row(text: ">", cell: nil),
        Row(text: ">+", cell: 1, position: 1),
        Row(text: ">+-", cell: 1, position: 1),
        Row(text: ">x+", cell: 1, position: 2),
        Row(text: "><+", cell: nil),
        Row(text: ".>.", cell: 1, position: 2, output: [0]),
        Row(text: "+.<.>+.", cell: -1, position: 3, output: [1]),
        // The order of two uses, both off the tape.
        Row(text: ">+<<+>>-", cell: 1, position: 1),
        Row(text: "<+>>+<<-", cell: -1, position: 1),
        Row(text: ">[-]<<+", cell: 1, position: 1),
        // A dead store and a dead loop are uses.
        Row(text: ">[-]", cell: 1, position: 1),
        Row(text: ">[.]", cell: 1, position: 1),
        Row(text: "[.]", cell: nil),
        // A `]` fails for its own loop, a `[` for the outer one.
        Row(text: "+[>]", cell: 1, position: 3),
        Row(text: ">[>]", cell: 1, position: 1),
        Row(text: "+>+<[>]", right: 2, cell: 2, position: 6),
        Row(text: "+[[>]]", cell: 1, position: 4),
        Row(text: "+[>+]", cell: 1, position: 3),
        // A loop that multiplies uses its cells only if it runs, in the order of its body.
        Row(text: "[->+<]", cell: nil),
        Row(text: "+[->+<]", cell: 1, position: 4),
        Row(text: "+[->+-<]", cell: 1, position: 4),
        Row(text: "+[->>+<+<]", cell: 2, position: 5),
        Row(text: ",[->>+<+<]", cell: 2, position: 5),
        Row(text: ">[-<+>]", cell: 1, position: 1),
        Row(text: "<[->>+<<]", cell: -1, position: 1),
        Row(text: ",[->[-]+<<+>]", cell: 1, position: 4),
        // In a product as well. In the last of these rows the second cell is 0 at first, so that only the second
        // iteration uses the fourth; 128 iterations are left, and twice that is 0.
        Row(text: ">,>,<<,[->[->>+<+<]>[-<+>]<<]", right: 4, cell: nil),
        Row(text: ">,>,<<,[->[->>+<+<]>[-<+>]<<]", right: 3, cell: 3, position: 14),
        Row(
            text: ">>+<<" + String(repeating: "+", count: 129) + "[->[->>++<+<]>[-<+>]<<]", right: 3, cell: 3,
            position: 5 + 129 + 7),
        // The last cell gets the double of the second by way of the third: of 128, that is 0.
        Row(
            text: ">" + String(repeating: "+", count: 128) + "<++[->[->++>+<<]>[->>+<<]>[-<<+>>]<<<]", right: 4,
            cell: nil),
        Row(text: ">+<++[->[->++>+<<]>[->>+<<]>[-<<+>>]<<<]", right: 4, cell: 4, position: 23),
        // Output before the error is seen, and none of what follows.
        Row(text: "+.>>+.<<.", right: 2, cell: 2, position: 4, output: [1]),
        Row(text: "+.>[->>>+<<<]<.", right: 2, cell: nil, output: [1, 1]),
        Row(text: "+.>+[->>>+<<<]<.", right: 2, cell: 4, position: 9, output: [1]),
    ]

    @Test(arguments: rows)
    func row(row: Row) throws {
        var optimizer = TapeOptimizer()
        for choice in PassComparison.choices {
            var options = BFOptions()
            (options.cellsLeft, options.cellsRight) = (row.left, row.right)
            options.disabledPasses = choice
            var region = try BFReader(options).read(Array(row.text.utf8))
            optimizer.run(&region, disabled: choice)
            let outcome = TapeMachine.run(region, options, input: [3, 2, 2], stepLimit: 10_000)
            let names = choice.map(\.rawValue).sorted()
            let ending = row.cell.map { TapeOutcome.Ending.leftTape(cell: $0, position: row.position) } ?? .finished
            #expect(outcome.ending == ending && outcome.output == row.output, "without \(names): \(outcome)")
        }
    }
}
