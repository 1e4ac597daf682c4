/// A BF program, how it is meant, and what it is run on. Plain values: each engine turns them into its own options.
package struct BFCase: Equatable, Sendable {
    /// What `,` does to the cell at the end of the input.
    package enum EndOfInput: String, CaseIterable, Sendable {
        case unchanged
        case zero
        /// All bits of the cell, whatever its width.
        case minusOne = "minus-one"
    }

    package static let widths = [8, 16, 32]

    package var text: [UInt8]
    package var input: [UInt8]
    /// 8, 16 or 32.
    package var cellBits: Int
    package var endOfInput: EndOfInput
    /// Cells left of the one where the pointer starts, before they are rounded up to whole pages; 0 stays 0.
    package var cellsLeft: Int
    /// Cells from the one where the pointer starts on, likewise.
    package var cellsRight: Int
    package var pageBytes: Int
    /// Steps that the reference makes before it gives up. Engines count none.
    package var stepLimit: Int

    package init(
        _ text: [UInt8], input: [UInt8] = [], cellBits: Int = 8, endOfInput: EndOfInput = .unchanged,
        cellsLeft: Int = 1, cellsRight: Int = 1, pageBytes: Int = 4096, stepLimit: Int = 100_000
    ) {
        self.text = text
        self.input = input
        self.cellBits = cellBits
        self.endOfInput = endOfInput
        self.cellsLeft = cellsLeft
        self.cellsRight = cellsRight
        self.pageBytes = pageBytes
        self.stepLimit = stepLimit
    }

    package init(
        _ text: String, input: [UInt8] = [], cellBits: Int = 8, endOfInput: EndOfInput = .unchanged,
        cellsLeft: Int = 1, cellsRight: Int = 1, pageBytes: Int = 4096, stepLimit: Int = 100_000
    ) {
        self.init(
            Array(text.utf8), input: input, cellBits: cellBits, endOfInput: endOfInput, cellsLeft: cellsLeft,
            cellsRight: cellsRight, pageBytes: pageBytes, stepLimit: stepLimit)
    }

    /// Whether each bracket has its partner. Other texts mean nothing.
    package var isBalanced: Bool {
        var depth = 0
        for byte in text {
            if byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: "]") { depth -= 1 }
            if depth < 0 { return false }
        }
        return depth == 0
    }
}

/// What a run leaves behind.
package struct BFOutcome: Equatable, Sendable {
    package enum Ending: Equatable, Sendable {
        case finished
        /// A cell was used that is not there: its number from the start cell on, and the byte of the text that used it.
        /// For a run of `+` and `-` that is its first command.
        case offTape(cell: Int, position: Int)
        /// The reference gave up.
        case outOfSteps
    }

    package var output: [UInt8]
    package var ending: Ending
    /// All cells from left to right, where the run finished; else nothing that anybody should look at.
    package var tape: [UInt32]

    package init(output: [UInt8], ending: Ending, tape: [UInt32]) {
        self.output = output
        self.ending = ending
        self.tape = tape
    }
}
