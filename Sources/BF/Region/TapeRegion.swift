package import UopVM

/// A BF program as passes and engines see it: instructions with nested loops and branches.
///
/// Invariants: each `loop` has its `end`, each `branch` its `endBranch`, properly nested and linked by `other` (the
/// reader links, and `TapeOptimizer` does so again as its last step). A loop that moves the pointer in one iteration
/// (an unbalanced one), and an unbalanced branch, has offset 0, as has its end. Where an unbalanced loop or branch or
/// a scan ends, nothing is known of where the pointer is. Amounts of `add`, `set`, `multiply` and `scale` are below 2
/// to the width of a cell. Behind the end of a loop or a branch the cell of that end is 0.
package struct TapeRegion: ~Copyable {
    /// How far from the pointer a cell of an instruction may be, in both directions. What is farther away is reached
    /// by a `move`. A move may be longer, and what comes behind it may be anywhere, on the tape or off it.
    package static let largestOffset = 1 << 20

    /// How far from its own cell a loop may reach whose moves become offsets: the pointer is at most as far from that
    /// cell as well.
    static let largestCarriedReach = largestOffset / 2

    package var instructions: GrowingBuffer<TapeInstruction>
    /// What `print` writes.
    package var strings = GrowingBuffer<UInt8>(capacity: 64)
    package let cellBits: CellBits

    package init(capacity: Int, cellBits: CellBits) {
        instructions = GrowingBuffer(capacity: capacity)
        self.cellBits = cellBits
    }
}

/// The width of a cell.
public enum CellBits: Int, CaseIterable, Sendable {
    case bits8 = 8
    case bits16 = 16
    case bits32 = 32

    /// Bytes of a cell.
    package var byteCount: Int { rawValue / 8 }
    /// All bits of a cell.
    package var mask: UInt32 { UInt32.max >> UInt32(32 - rawValue) }
}
