import CStencils

/// Which cells are in registers, too. Every store goes to memory at once, so that a register can be given up at any
/// time, and nobody who looks at the tape sees anything old.
///
/// Register 0 has the pointer.
struct CachedCells: BitwiseCopyable {
    static let pointer = 0
    private static let mostCount = Int(UOP_INTEGER_REGISTER_COUNT) - 1
    /// No cell has this offset: it is beyond what regions have.
    private static let none = Int32.min

    /// By register, from 1 on: the cell's offset from the pointer.
    private var offsets = SIMD8<Int32>(repeating: Self.none)
    /// By register: when it was used last.
    private var stamps = SIMD8<UInt32>(repeating: 0)
    private var clock: UInt32 = 0
    /// How many registers there are but the pointer's.
    private let count: Int32

    /// - Parameter registerCount: all for integers.
    init(registerCount: Int) { count = Int32(min(registerCount - 1, Self.mostCount)) }

    /// The register that has a cell; nil where none has.
    @inline(__always)
    mutating func find(_ offset: Int32) -> Int? {
        for index in 0..<Self.mostCount where offsets[index] == offset {
            clock &+= 1
            stamps[index] = clock
            return index &+ 1
        }
        return nil
    }

    /// A register for a cell: an empty one, or the one that was not used for the longest time.
    @inline(__always)
    mutating func take(for offset: Int32) -> Int {
        var best = 0
        for index in 0..<Int(count) {
            if offsets[index] == Self.none {
                best = index
                break
            }
            if stamps[index] < stamps[best] { best = index }
        }
        clock &+= 1
        offsets[best] = offset
        stamps[best] = clock
        return best &+ 1
    }

    /// A register for a moment: it is free again at once, so that the next one is the same. It is none of the two that were
    /// found or taken last.
    mutating func takeForNow() -> Int { take(for: Self.none) }

    mutating func put(_ offset: Int32, in register: Int) {
        drop(offset)
        clock &+= 1
        offsets[register &- 1] = offset
        stamps[register &- 1] = clock
    }

    /// The register's content is no cell's any more, or it is out of date.
    @inline(__always)
    mutating func drop(_ offset: Int32) {
        for index in 0..<Self.mostCount where offsets[index] == offset { offsets[index] = Self.none }
    }

    /// The register is for something else from now on.
    mutating func evict(_ register: Int) { offsets[register &- 1] = Self.none }

    mutating func removeAll() { offsets = SIMD8(repeating: Self.none) }

    /// The pointer moves: each cell has another offset from it.
    mutating func move(_ cells: Int32) {
        for index in 0..<Self.mostCount where offsets[index] != Self.none {
            let (offset, isLost) = offsets[index].subtractingReportingOverflow(cells)
            offsets[index] = isLost ? Self.none : offset
        }
    }

    /// What holds on both of two ways that meet.
    mutating func meet(_ other: CachedCells) {
        offsets.replace(with: Self.none, where: offsets .!= other.offsets)
        clock = max(clock, other.clock)
    }
}
