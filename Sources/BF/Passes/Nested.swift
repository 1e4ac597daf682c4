/// The pass `nested`: loops that multiply by a cell which each iteration restores.
///
/// The body is executed in thought, as a map of sums (`LinearMap`): first as it is, which tells the cells that it
/// always leaves at the same literal; then once more, beginning with those literals. That second map is what every
/// iteration after the first does. Where it only adds multiples of unchanged cells and literals to others, and an odd
/// literal to the loop's own cell, all iterations after the first come to one product for each cell that grows. The
/// loop becomes a branch: its body, once, and these products.
///
/// Of what the later iterations use, the first used everything, but for cells that are only multiplied into: it may
/// have multiplied by 0. For those a product must use its cell exactly where an iteration would: see `Guard`.
extension LoopPass {
    /// Products and multiplications that a loop may become.
    private static let largestRest = 16

    /// A cell that only a multiplication uses, and what that depends on from the second iteration on.
    struct Guard: BitwiseCopyable {
        var cell: Int
        /// The cell of which an odd multiple is the factor, or nil for a factor that is a literal.
        var source: Int?
        /// What is added: a multiple of the source, or a literal.
        var amount: UInt32
        /// Whether anything is used at all.
        var isUsed: Bool
        var place: TapeInstruction
    }

    /// What each iteration after the first adds to a cell: `source * amount`, or a literal.
    struct Growth: BitwiseCopyable {
        var cell: Int
        var source: Int?
        var amount: UInt32
        var place: TapeInstruction
    }

    mutating func rewriteNested(_ loop: ClosingLoop) -> Bool {
        guard hasOnlySums(loop) else { return false }
        map.removeAll()
        guards.removeAll()
        guard map.number(of: loop.cell) == 0, let used = findCells(loop) else { return false }
        execute(loop)
        let literals = map.literals(mask: loop.mask)
        map.restartWithLiterals(mask: loop.mask)
        guard execute(loop, guardingCellsOutside: used), collectGrowths(loop, literals, used) else { return false }
        writeGrowths(loop)
        return true
    }

    /// Whether the body has multiplications, and nothing that is no sum.
    private func hasOnlySums(_ loop: ClosingLoop) -> Bool {
        var multiplies = false
        for index in loop.head + 1..<output.count {
            switch output[index].operation {
            case .multiply: multiplies = true
            case .add, .set, .touch, .move: break
            default: return false
            }
        }
        return multiplies
    }

    /// Numbers the cells of the body, and returns those that each iteration uses, a bit for each number; nil where
    /// there are too many cells, or the pointer does not come back.
    private mutating func findCells(_ loop: ClosingLoop) -> UInt32? {
        var used: UInt32 = 1
        var place = 0
        for index in loop.head + 1..<output.count {
            let instruction = output[index]
            if instruction.operation == .move {
                place += instruction.signedAmount
                continue
            }
            let cell = place + Int(instruction.offset)
            guard abs(cell) <= TapeRegion.largestOffset, let number = map.number(of: cell) else { return nil }
            if instruction.operation == .multiply {
                let factor = place + Int(instruction.other)
                guard abs(factor) <= TapeRegion.largestOffset, let factor = map.number(of: factor) else { return nil }
                used |= 1 << UInt32(factor)
            } else {
                used |= 1 << UInt32(number)
            }
        }
        return place == 0 ? used : nil
    }

    /// Executes the body on the map, and notes multiplications into cells that are not among `used`. Returns false
    /// where what one of these depends on is not simple enough.
    @discardableResult
    private mutating func execute(_ loop: ClosingLoop, guardingCellsOutside used: UInt32 = .max) -> Bool {
        var place = 0
        for index in loop.head + 1..<output.count {
            let instruction = output[index]
            if instruction.operation == .move {
                place += instruction.signedAmount
                continue
            }
            guard let cell = map.number(of: place + Int(instruction.offset)) else { return false }
            switch instruction.operation {
            case .add: map.add(instruction.amount, to: cell)
            case .set: map.set(cell, to: instruction.amount)
            case .multiply:
                guard let factor = map.number(of: place + Int(instruction.other)) else { return false }
                if used >> UInt32(cell) & 1 == 0 {
                    guard appendGuard(loop, cell, factor, instruction) else { return false }
                }
                map.add(factor, times: instruction.amount, to: cell)
            default: break
            }
        }
        return true
    }

    private mutating func appendGuard(
        _ loop: ClosingLoop, _ cell: Int, _ factor: Int, _ instruction: TapeInstruction
    ) -> Bool {
        for index in 0..<guards.count where guards[index].cell == cell { return false }
        let literal = map.literal(factor) & loop.mask
        if map.isLiteral(factor, mask: loop.mask) {
            let amount = literal &* instruction.amount & loop.mask
            guards.append(
                Guard(cell: cell, source: nil, amount: amount, isUsed: literal != 0, place: instruction))
            return true
        }
        guard literal == 0, let source = map.onlySource(of: factor, mask: loop.mask) else { return false }
        // An odd multiple of a cell is 0 only where the cell is.
        guard map[factor, source] & 1 == 1 else { return false }
        let amount = map[factor, source] &* instruction.amount & loop.mask
        guards.append(Guard(cell: cell, source: source, amount: amount, isUsed: true, place: instruction))
        return true
    }

    /// Lists what the cells grow by. What may be a first use comes first, in the body's order. False where some cell
    /// does not grow by unchanged cells and literals alone.
    private mutating func collectGrowths(_ loop: ClosingLoop, _ literals: UInt32, _ used: UInt32) -> Bool {
        growths.removeAll()
        guard map[0, 0] & loop.mask == 1, map.literal(0) & 1 == 1 else { return false }
        for source in 1..<max(1, map.count) where map[0, source] & loop.mask != 0 { return false }
        for cell in 1..<max(1, map.count) {
            if literals >> UInt32(cell) & 1 == 1 { continue }
            guard map[cell, 0] & loop.mask == 0, map[cell, cell] & loop.mask == 1 else { return false }
            for source in 1..<map.count where source != cell && map[cell, source] & loop.mask != 0 {
                guard map.isUnchanged(source, mask: loop.mask) else { return false }
            }
        }
        for index in 0..<guards.count where guards[index].isUsed {
            let found = guards[index]
            appendGrowth(found.cell, found.source, found.amount, at: found.place, loop)
        }
        for cell in 1..<max(1, map.count) where ~literals & used & 1 << UInt32(cell) != 0 {
            let literal = map.literal(cell) & loop.mask
            if literal != 0 { appendGrowth(cell, nil, literal, at: loop.first, loop) }
            for source in 1..<map.count where source != cell {
                let amount = map[cell, source] & loop.mask
                if amount != 0 { appendGrowth(cell, source, amount, at: loop.first, loop) }
            }
        }
        return growths.count <= Self.largestRest
    }

    /// Lists a growth. The amount of a product gets into the loop's cell, beside the number of iterations: the result
    /// must be 0 only where that number is 0, and it must be possible to take the amount out again. Both is true of
    /// odd amounts. An even one is the sum of two such.
    private mutating func appendGrowth(
        _ cell: Int, _ source: Int?, _ amount: UInt32, at place: TapeInstruction, _ loop: ClosingLoop
    ) {
        if source != nil && amount & 1 == 0 {
            growths.append(Growth(cell: cell, source: source, amount: (amount &- 1) & loop.mask, place: place))
            growths.append(Growth(cell: cell, source: source, amount: 1, place: place))
        } else {
            growths.append(Growth(cell: cell, source: source, amount: amount, place: place))
        }
    }

    /// Makes the loop a branch that runs its body once, and writes the other iterations behind it. The loop's cell is
    /// `iterations * scale` there; products want `iterations * amount`.
    private mutating func writeGrowths(_ loop: ClosingLoop) {
        var scale = (0 &- map.literal(0)) & loop.mask
        for index in 0..<growths.count {
            let growth = growths[index]
            let cell = map.cell(growth.cell)
            let factor = growth.amount &* scale.inverse & loop.mask
            guard let source = growth.source else {
                append(.multiply, cell, amount: factor, other: loop.cell, at: growth.place)
                continue
            }
            if factor != 1 { append(.scale, loop.cell, amount: factor, at: loop.first) }
            scale = growth.amount
            let sourceOffset = UInt32(bitPattern: Int32(truncatingIfNeeded: map.cell(source)))
            append(.product, cell, amount: sourceOffset, other: loop.cell, at: growth.place)
        }
        append(.set, loop.cell, at: loop.first)
        append(.endBranch, loop.cell, at: loop.end)
        output[loop.head].operation = .branch
    }
}
