import CStencils
import UopVM

/// A uop of cells: which cells it uses, and what its operands may be.
struct CellShape {
    let uop: UopCatalog.Uop
    /// Bytes of a cell.
    let width: Int

    init(_ uop: UopCatalog.Uop) {
        self.uop = uop
        width = (Int(uop.name.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 8) / 8
    }

    var isScan: Bool { uop.name.contains("_SCAN_") }
    /// Whether a search goes by vectors, and in one direction.
    var hasPlan: Bool { isScan && uop.operands.count > 1 }
    var goesUp: Bool { uop.name.hasSuffix("_UP") }
    var isInterpreted: Bool { uop.flags.contains(.interpreted) }
    /// Whether it asks if its cells are on the tape; the others trust the pointer.
    var asks: Bool { uop.flags.contains(.exits) }
    /// Whether the first operand names two cells.
    var namesTwo: Bool { isInterpreted && uop.operands.first == .IMM_I64 && !uop.operands.contains(.HELPER) }

    /// How far from the pointer the cells are that it uses, in bytes.
    func distances(_ operands: [UInt64]) -> [Int64] {
        if isScan { return [0] }
        var result = zip(uop.operands, operands).filter { $0.0 == .CELL }.map { Int64(bitPattern: $0.1) }
        if namesTwo { result += [Int64(Int32(truncatingIfNeeded: operands[0])), Int64(bitPattern: operands[0]) >> 32] }
        return result.isEmpty ? [0] : result
    }

    // MARK: Operands

    /// Rows of words for the operands, labels and helpers among them.
    var operandRows: [[UInt64]] {
        if isScan { return scanRows }
        if namesTwo { return pairRows }
        return (0..<Self.amounts.count).map { row in
            uop.operands.map { kind in
                switch kind {
                case .CELL: distance(row)
                case .IMM_I64: Self.amounts[row]
                case .HELPER: RegisterFrame.offset(CellBench.helperSlot)
                default: 0
                }
            }
        }
    }

    private static let amounts = [0, 1, -1, 2, 127, 255, 256, -128, 0xFFFF, 0x1_0000, 0xFFFF_FFFF, 0x1_0000_0000, .max, .min]
        .map { UInt64(bitPattern: $0) }

    /// A cell as an operand: next to the pointer, and as far away as a displacement can say.
    func distance(_ row: Int) -> UInt64 {
        let width = Int64(width)
        let distances = [0, width, -width, 0x7FFF_FFFF, -0x8000_0000, 24 * width, -40 * width]
        return UInt64(bitPattern: distances[row % distances.count])
    }

    /// Two cells, mostly near each other, and a number or a third one.
    private var pairRows: [[UInt64]] {
        let pairs: [(changed: Int64, factor: Int64)] = [
            (1, 0), (-1, 0), (0, 1), (3, -2), (-2, 3), (7, 7), (0x1FFF_FFFF, 0), (-0x2000_0000, 1), (0, 0x1FFF_FFFF),
            (1, -0x2000_0000), (100, -100), (-1, -2), (2, 1), (0, 5),
        ]
        return pairs.enumerated().map { row, pair in
            let scale = min(Int64(width), 4)
            let isFar = max(abs(pair.changed), abs(pair.factor)) > 1 << 20
            let (changed, factor) = (pair.changed * (isFar ? 4 : scale), pair.factor * (isFar ? 4 : scale))
            let cells = UInt64(bitPattern: factor << 32 | Int64(UInt32(truncatingIfNeeded: changed)))
            let third = [0, 1, -3, factor / scale, changed / scale][row % 5] * scale
            return [cells, uop.operands[1] == .CELL ? UInt64(bitPattern: third) : Self.amounts[row]]
        }
    }

    /// Strides of 1 to 17 cells, and plans whose numbers fit in 32 bits: they look at one vector only.
    private var scanRows: [[UInt64]] {
        guard hasPlan else { return (1...17).flatMap { [$0, -$0] }.map { [UInt64(bitPattern: Int64($0 * width))] } }
        let strides = (1...17).map { Int64($0 * width) * (goesUp ? 1 : -1) }
        return strides.map { [UInt64(bitPattern: $0), ScanPlan($0, width).word] }
            + strides.prefix(5).map { [UInt64(bitPattern: $0), UInt64(ScanPlan($0, width).mask)] }
    }
}

/// Which cells a search looks at in a vector of 32 bytes, and how far it goes on.
struct ScanPlan {
    /// A bit for each byte that is the lowest of a cell to look at.
    var mask: UInt32 = 0
    var count = 0
    let stride: Int64

    init(_ stride: Int64, _ width: Int) {
        self.stride = stride
        while count == 0 || count * Int(abs(stride)) + width <= 32 {
            mask |= 1 << UInt32(stride > 0 ? count * Int(stride) : 32 - width + count * Int(stride))
            count += 1
        }
    }

    var word: UInt64 { UInt64(bitPattern: Int64(count) * stride) << 32 | UInt64(mask) }
}
