import UopVM

/// What straight code does to a few cells: each cell's value as a sum of multiples of the cells as they were before,
/// and of a literal. All arithmetic is modulo 2 to the 32nd; who asks masks to the width of a cell.
struct LinearMap: ~Copyable {
    /// Cells that are followed. Bodies with more are rare, and the squares of this number are computed.
    static let capacity = 8
    /// Coefficients of a sum: one for each cell, and the literal.
    private static let width = capacity + 1

    private(set) var count = 0
    private var cells = GrowingBuffer<Int>(capacity: LinearMap.capacity)
    /// The sums, one behind the other.
    private var sums = GrowingBuffer<UInt32>(capacity: LinearMap.capacity * LinearMap.width)

    /// Forgets all cells.
    mutating func removeAll() {
        count = 0
        cells.removeAll()
        sums.removeAll()
    }

    /// The number of a cell, which is added with its own value if it is new; nil where there are too many.
    mutating func number(of cell: Int) -> Int? {
        for number in 0..<count where cells[number] == cell { return number }
        guard count < Self.capacity else { return nil }
        cells.append(cell)
        for column in 0..<Self.width { sums.append(column == count ? 1 : 0) }
        count += 1
        return count - 1
    }

    /// The place of a numbered cell.
    func cell(_ number: Int) -> Int { cells[number] }

    /// How often cell `source`, as it was before, is in cell `number`.
    subscript(number: Int, source: Int) -> UInt32 { sums[number * Self.width + source] }

    /// The literal in the sum of cell `number`.
    func literal(_ number: Int) -> UInt32 { self[number, Self.capacity] }

    mutating func add(_ literal: UInt32, to number: Int) {
        sums[number * Self.width + Self.capacity] &+= literal
    }

    mutating func set(_ number: Int, to literal: UInt32) {
        for column in 0..<Self.capacity { sums[number * Self.width + column] = 0 }
        sums[number * Self.width + Self.capacity] = literal
    }

    mutating func add(_ source: Int, times factor: UInt32, to number: Int) {
        for column in 0..<Self.width {
            sums[number * Self.width + column] &+= sums[source * Self.width + column] &* factor
        }
    }

    /// Whether cell `number` is the same whatever the cells were.
    func isLiteral(_ number: Int, mask: UInt32) -> Bool {
        for source in 0..<count where self[number, source] & mask != 0 { return false }
        return true
    }

    /// Whether cell `number` is what it was.
    func isUnchanged(_ number: Int, mask: UInt32) -> Bool {
        for source in 0..<count where self[number, source] & mask != (source == number ? 1 : 0) { return false }
        return literal(number) & mask == 0
    }

    /// The cells that are the same whatever they were, a bit for each.
    func literals(mask: UInt32) -> UInt32 {
        var result: UInt32 = 0
        for number in 0..<count where isLiteral(number, mask: mask) { result |= 1 << UInt32(number) }
        return result
    }

    /// The only cell that cell `number` depends on; nil where there are none or several.
    func onlySource(of number: Int, mask: UInt32) -> Int? {
        var result: Int?
        for source in 0..<count where self[number, source] & mask != 0 {
            if result != nil { return nil }
            result = source
        }
        return result
    }

    /// Makes each cell what it was again, but for those that became literals: these stay.
    mutating func restartWithLiterals(mask: UInt32) {
        for number in 0..<count where !isLiteral(number, mask: mask) {
            set(number, to: 0)
            sums[number * Self.width + number] = 1
        }
    }
}
