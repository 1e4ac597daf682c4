/// One instruction of a tape region. Cells are named by their offset from the pointer, in cells; arithmetic
/// wraps at the width of a cell.
///
/// An instruction that uses a cell off the tape ends the run, and counts as not executed. Which cells an
/// instruction uses, and in which order, is part of its meaning: see `docs/bf.md`.
package struct TapeInstruction: Equatable, Sendable, BitwiseCopyable {
    package enum Operation: UInt8, CaseIterable, Sendable, BitwiseCopyable {
        /// `cell[offset] += amount`
        case add
        /// `cell[offset] = amount`
        case set
        /// `cell[offset] += cell[other] * amount`; uses only `cell[other]` where that is 0.
        case multiply
        /// `cell[offset] += cell[other] * cell[amount]`; uses both factors, in this order, and `cell[offset]` only
        /// where neither is 0.
        case product
        /// `cell[offset] *= amount`
        case scale
        /// Uses `cell[offset]`, and changes nothing.
        case touch
        /// `pointer += amount`, as a signed number. Uses no cell.
        case move
        /// `while cell[offset] != 0 {`; `other` is the number of its `end`. Before the passes `amount` is 1 where the loop is
        /// anchored (`OffsetPass`), and 0 else; afterwards it is 0.
        case loop
        /// `}` of a loop: uses `cell[offset]` again, of the pointer as it is then. `other` is the number of its `loop`.
        case end
        /// `if cell[offset] != 0 {`; `other` is the number of its `endBranch`.
        case branch
        /// `}` of a branch. Uses no cell; `other` is the number of its `branch`. `cell[offset]`, of the pointer as it
        /// is then, is 0 here, whether or not the branch was taken.
        case endBranch
        /// `while cell[0] != 0 { pointer += amount }`, with a signed amount that is not 0. `position` is that of the
        /// `[`, which is to blame for the first test; `other` is that of the `]`, to blame for all later ones.
        case scan
        /// Reads a byte of input into `cell[offset]`; at the end of input the option decides.
        case read
        /// Writes the low byte of `cell[offset]`.
        case write
        /// Writes `amount` bytes of `TapeRegion.strings` from `other` on. Uses no cell.
        case print
        /// Shows the cells around the pointer to a person. Uses no cell.
        case debug
    }

    package var operation: Operation
    /// The cell, from the pointer.
    package var offset: Int32
    /// A number of cells, a literal as wide as a cell (zero-extended), or a cell's offset.
    package var amount: UInt32
    /// Another cell's offset, the number of another instruction, or a place in the text.
    package var other: Int32
    /// Where in the text the (first) command is that it was made from, in bytes: what an error names.
    package var position: UInt32

    package init(
        _ operation: Operation, offset: Int = 0, amount: Int = 0, other: Int = 0, position: Int
    ) {
        self.operation = operation
        self.offset = Int32(truncatingIfNeeded: offset)
        self.amount = UInt32(truncatingIfNeeded: amount)
        self.other = Int32(truncatingIfNeeded: other)
        self.position = UInt32(truncatingIfNeeded: position)
    }

    /// `amount` as the signed number that moves and scans have, or as an offset.
    package var signedAmount: Int { Int(Int32(bitPattern: amount)) }
}
