/// What one iteration of a loop does to a cell.
struct CellEffect: BitwiseCopyable {
    var cell: Int
    /// Whether `amount` replaces the cell, or is added.
    var isStored: Bool
    var amount: UInt32
    /// The first instruction that uses the cell.
    var firstUse: TapeInstruction
}

extension LoopPass {
    /// The pass `multiply`: a loop that adds literals to cells, and an odd one to its own.
    ///
    /// Its number of iterations is the cell divided by minus that odd number, modulo the cells' range. Other cells
    /// get multiples of it. Where the loop sets cells as well, that must happen only if it runs at all: a branch.
    /// A cell to which 0 is added is used nevertheless, where the loop runs: a multiplication by 0.
    mutating func rewriteMultiply(_ loop: ClosingLoop) -> Rewrite {
        guard let step = collectEffects(loop), step & 1 == 1 else { return .none }
        let factor = (0 &- step).inverse & loop.mask
        var hasStores = false
        for index in 0..<effects.count where effects[index].isStored { hasStores = true }
        output.truncate(to: loop.head)
        if hasStores {
            append(.branch, loop.cell, at: loop.first)
        } else if effects.count > 0 {
            // An error must name the loop's first test, before the multiplications use the cell.
            append(.touch, loop.cell, at: loop.first)
        }
        for index in 0..<effects.count {
            let effect = effects[index]
            if effect.isStored {
                append(.set, effect.cell, amount: effect.amount & loop.mask, at: effect.firstUse)
            } else {
                let amount = effect.amount &* factor & loop.mask
                append(.multiply, effect.cell, amount: amount, other: loop.cell, at: effect.firstUse)
            }
        }
        append(.set, loop.cell, at: loop.first)
        if hasStores { append(.endBranch, loop.cell, at: loop.end) }
        return hasStores ? .control : .straight
    }

    /// Gathers the effects on all cells but the loop's own, in the order of first uses, and returns what is added to
    /// that one; nil where the loop does anything else or moves the pointer.
    private mutating func collectEffects(_ loop: ClosingLoop) -> UInt32? {
        effects.removeAll()
        var step: UInt32 = 0
        var place = 0
        for index in loop.head + 1..<output.count {
            let instruction = output[index]
            let cell = place + Int(instruction.offset)
            switch instruction.operation {
            case .move:
                place += instruction.signedAmount
                continue
            case .add, .touch, .set: break
            default: return nil
            }
            let isStored = instruction.operation == .set
            if cell == loop.cell {
                if isStored { return nil }
                step &+= instruction.amount
            } else if let effect = effect(on: cell) {
                effects[effect].isStored = isStored || effects[effect].isStored
                effects[effect].amount = (isStored ? 0 : effects[effect].amount) &+ instruction.amount
            } else {
                guard effects.count < 32, abs(cell) <= TapeRegion.largestOffset else { return nil }
                effects.append(
                    CellEffect(cell: cell, isStored: isStored, amount: instruction.amount, firstUse: instruction))
            }
        }
        return place == 0 ? step : nil
    }

    private func effect(on cell: Int) -> Int? {
        for index in 0..<effects.count where effects[index].cell == cell { return index }
        return nil
    }
}

extension UInt32 {
    /// The number whose product with this odd one is 1, modulo 2 to the 32nd and so modulo any smaller power.
    var inverse: UInt32 {
        // Each odd number is its own inverse modulo 8; each step of Newton's doubles the number of good bits.
        var result = self
        for _ in 0..<4 { result = result &* (2 &- self &* result) }
        return result
    }
}
