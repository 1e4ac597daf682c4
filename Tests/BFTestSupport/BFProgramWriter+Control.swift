/// The idioms that have other ones inside.
extension BFProgramWriter {
    mutating func control(_ idiom: BFIdiom, _ depth: Int) {
        switch idiom {
        case .branch: branch(depth)
        case .unbalancedBranch: unbalancedBranch(depth)
        case .ifElse: ifElse(depth)
        case .knownZero: knownZero(depth)
        case .inputLoop: inputLoop(depth)
        default: count(depth)
        }
    }

    /// A loop that ends after one round, because it clears its cell.
    private mutating func branch(_ depth: Int) {
        if random.percent(60) { add(random.below(3)) }
        loop { writer in
            writer.mark(.branch)
            writer.body(depth)
            writer.clear()
        }
    }

    /// A loop that ends after one round, because it ends on a cell that it clears; another one.
    private mutating func unbalancedBranch(_ depth: Int) {
        if random.percent(60) { add(random.below(3)) }
        let distance = nonzero(4)
        loop { writer in
            writer.mark(.unbalancedBranch)
            if writer.random.chance(2) { writer.statement(depth + 1) }
            writer.move(distance)
            writer.clear()
        }
    }

    private mutating func ifElse(_ depth: Int) {
        let other = nonzero(3)
        if random.percent(50) { add(random.below(2)) }
        at(other) { $0.set(1) }
        loop { writer in
            writer.mark(.ifElse)
            writer.at(other) { $0.add(-1) }
            writer.body(depth)
            writer.clear()
        }
        at(other) { writer in
            writer.loop { writer in
                writer.add(-1)
                writer.body(depth)
            }
        }
    }

    /// A loop on a cell that is 0, whatever happened before.
    private mutating func knownZero(_ depth: Int) {
        if !text.isEmpty { clear() }
        mark(.knownZero)
        loop { $0.body(depth) }
    }

    /// A counter in a cell, and something else at a distance, so that most loops end.
    private mutating func count(_ depth: Int) {
        let limit = [12, 6, 4][min(depth, 2)]
        if random.percent(85) { set(random.below(limit)) } else { add(random.below(limit)) }
        let distance = random.percent(60) ? nonzero(12) + (random.chance(2) ? 25 : -25) : nonzero(8)
        loop { writer in
            writer.mark(.count)
            let isFirst = writer.random.chance(2)
            if isFirst { writer.add(-1) }
            writer.at(distance) { $0.body(depth) }
            if !isFirst { writer.add(-1) }
        }
    }

    /// Reads up to the end of the input, with the test for it that the rule asks for; sometimes with the wrong one.
    private mutating func inputLoop(_ depth: Int) {
        let rule = random.percent(95) ? setting.endOfInput : .zero
        let distance = nonzero(9)
        let inside: (inout Self) -> Void = { writer in
            writer.mark(.inputLoop)
            switch writer.random.below(4) {
            case 0: writer.at(distance) { $0.body(depth) }
            case 1: writer.at(distance) { $0.add(1) }
            case 2: writer.put("[->+<].")
            default: writer.put(".")
            }
        }
        put(rule == .unchanged ? "[-]," : ",")
        if rule == .minusOne { put("+") }
        loop { writer in
            if rule == .minusOne { writer.add(-1) }
            inside(&writer)
            if rule == .unchanged { writer.clear() }
            writer.put(rule == .minusOne ? ",+" : ",")
        }
    }
}
