extension LoopPass {
    /// Instructions that are looked back at for what became of the loop's cell.
    private static let branchWindow = 32

    /// The pass `branches`: a loop whose cell is 0 at its end runs at most once.
    mutating func rewriteBranch(_ loop: ClosingLoop) -> Rewrite {
        guard isZeroAtEnd(loop) else { return .none }
        if let count = unconditionalBody(loop) {
            replaceByBody(loop, count: count)
            return .straight
        }
        output[loop.head].operation = .branch
        var end = loop.end
        end.operation = .endBranch
        output.append(end)
        return .control
    }

    /// Whether the last that the body does to the cell of the loop's end leaves 0 there. The cell is followed back
    /// through moves; what may have changed it otherwise ends the search.
    private func isZeroAtEnd(_ loop: ClosingLoop) -> Bool {
        var cell = Int(loop.end.offset)
        var index = output.count - 1
        let last = max(loop.head + 1, output.count - Self.branchWindow)
        while index >= last {
            let instruction = output[index]
            let isSame = Int(instruction.offset) == cell
            switch instruction.operation {
            case .set: if isSame { return instruction.amount == 0 }
            case .add, .multiply, .product, .scale, .read: if isSame { return false }
            case .move: cell += instruction.signedAmount
            case .touch, .write, .print, .debug: break
            // Behind the end of a loop or a branch, its cell is 0. Of other cells nothing is known.
            case .scan, .end, .endBranch: return isSame
            case .loop, .branch: return false
            }
            index -= 1
        }
        return false
    }

    /// The number of instructions that a body has, if it is short, and would do nothing but use the loop's cell where
    /// that is 0: then it need not be a branch.
    private func unconditionalBody(_ loop: ClosingLoop) -> Int? {
        let count = output.count - loop.head - 1
        guard loop.isStraight, count <= Self.branchWindow else { return nil }
        for index in loop.head + 1..<output.count {
            let instruction = output[index]
            let isSame = Int(instruction.offset) == loop.cell
            switch instruction.operation {
            case .touch: guard isSame else { return nil }
            case .set: guard isSame && instruction.amount == 0 else { return nil }
            case .multiply: guard Int(instruction.other) == loop.cell && !isSame else { return nil }
            default: return nil
            }
        }
        return count
    }

    /// Drops the loop around a body. Its test stays, as a use of the cell: it is what an error names.
    private mutating func replaceByBody(_ loop: ClosingLoop, count: Int) {
        if count == 1 {
            output.truncate(to: loop.head)
            append(.set, loop.cell, at: loop.first)
        } else {
            output[loop.head].operation = .touch
        }
    }
}
