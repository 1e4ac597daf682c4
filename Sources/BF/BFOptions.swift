/// How a BF program is meant, and what is done to it.
public struct BFOptions: Sendable {
    /// What `,` does to the cell at the end of the input.
    public enum EndOfInput: String, CaseIterable, Sendable {
        case unchanged
        case zero
        case minusOne = "minus-one"
    }

    public var cellBits = CellBits.bits8
    /// Cells left of the one where the pointer starts: at least as many; the tape rounds up to whole pages.
    public var cellsLeft = 1 << 16
    /// Cells from the one where the pointer starts on, likewise.
    public var cellsRight = 1 << 22
    public var endOfInput = EndOfInput.unchanged
    /// Whether `#` is a command, which shows the cells around the pointer; else it is a comment.
    public var hashIsDebug = false
    /// Passes that are left out.
    public var disabledPasses: Set<BFPassName> = []

    public init() {}
}

/// The passes on tape regions, as `docs/bf.md` explains them, and what register assignment may be told to leave out.
public enum BFPassName: String, CaseIterable, Sendable {
    /// Runs of `+` and `-`, and of `<` and `>`, become one instruction each.
    case runs
    /// Loops that set a cell to 0.
    case clear
    /// Moves become offsets, through balanced loops.
    case offsets
    /// Loops that add multiples of a cell to others, and set cells.
    case multiply
    /// Multiply loops in multiply loops.
    case nested
    /// Loops that run at most once.
    case branches
    /// Loops that look for a cell that is 0.
    case scans
    /// Known values: stores that add up, dead stores, loops on cells that are 0.
    case constants
    /// Output of known bytes, joined. Needs `constants`, which knows them.
    case output
    /// Cells in registers.
    case registers
}
