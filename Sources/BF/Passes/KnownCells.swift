import UopVM

/// What is known of a cell at a place of the program.
struct KnownCell: BitwiseCopyable {
    /// Its place from where the pointer was when counting began.
    var cell: Int
    var value: UInt32 = 0
    /// Since which instruction the value is known; `KnownCell.never` where it is not.
    var valueSince = KnownCell.never
    /// Since which instruction the cell is proven to be on the tape, because it was used.
    var provenSince = KnownCell.never
    /// The instruction of the output that stored to the cell or touched it, if nothing read the cell since: a later
    /// store may be made there. -1 for none.
    var store: Int32 = -1
    /// Whether that instruction was the first to use the cell.
    var isStoreFirstUse = false

    static let never = Int32.max

    var isKnown: Bool { valueSince != Self.never }
    var isProven: Bool { provenSince != Self.never }
}

/// What is known of all cells: of the last that were used, one for each residue of their places modulo 64. Less is
/// known of a program with more cells than of one with few, and the time for an instruction is bounded.
///
/// Sets of cells are sets of residues, as bits: a set may stand for more cells than it was made from.
struct KnownCells: ~Copyable {
    static let capacity = 64

    private var entries: GrowingBuffer<KnownCell>
    /// The residues that have an entry.
    private var occupied: UInt64 = 0
    /// The residues of which some cell may have been stored to since the tape was all zeros.
    private var stored: UInt64 = 0
    /// The residues whose entries changed since the head of the innermost loop or branch.
    var changed: UInt64 = 0

    init() {
        entries = GrowingBuffer(capacity: Self.capacity)
        for _ in 0..<Self.capacity { entries.append(KnownCell(cell: 0)) }
    }

    /// The set of a cell.
    @inline(__always)
    static func bit(_ cell: Int) -> UInt64 { 1 << UInt64(truncatingIfNeeded: cell & (capacity - 1)) }

    /// The tape at the start: zeros, and the pointer on it.
    mutating func start() {
        (occupied, stored, changed) = (0, 0, 0)
        self[0] = KnownCell(cell: 0, valueSince: 0, provenSince: 0)
    }

    /// The pointer may be anywhere, and cells may have any value.
    mutating func forgetAll() { (occupied, stored) = (0, .max) }

    @inline(__always)
    subscript(cell: Int) -> KnownCell {
        get {
            let bit = Self.bit(cell)
            if occupied & bit != 0 {
                let entry = entries[cell & (Self.capacity - 1)]
                if entry.cell == cell { return entry }
            }
            // It is 0 since the start, if nothing stored to it.
            return KnownCell(cell: cell, valueSince: stored & bit == 0 ? 0 : KnownCell.never)
        }
        set {
            let bit = Self.bit(cell)
            occupied |= bit
            changed |= bit
            entries[cell & (Self.capacity - 1)] = newValue
        }
    }

    /// To be called for each store to a cell.
    @inline(__always)
    mutating func noteStore(_ cell: Int) { stored |= Self.bit(cell) }

    /// Forgets the values of cells to which the body of a loop stores: they hold for its first iteration only.
    mutating func forgetValues(_ cells: UInt64) {
        stored |= cells
        var rest = cells & occupied
        while rest != 0 {
            entries[rest.trailingZeroBitCount].valueSince = KnownCell.never
            rest &= rest - 1
        }
    }

    /// Forgets what was learned behind an instruction, in entries that changed: control may have come another way.
    mutating func forget(learnedAfter instruction: Int32) {
        var rest = changed & occupied
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            let entry = entries[index]
            if entry.valueSince > instruction { entries[index].valueSince = KnownCell.never }
            if entry.provenSince > instruction { entries[index].provenSince = KnownCell.never }
            rest &= rest - 1
        }
    }
}
