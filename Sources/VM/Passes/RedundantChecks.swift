import CStencils

/// Removes checks that cannot fail: of an index that was compared with the count, of a sum whose parts are small.
///
///     while i < size(data) { ... data[i] ...; i = i + 1 }
///
/// In the loop `i` is below the count, because every way into it has compared; it is not negative, because it begins
/// at 0 and only grows; and `i + 1` fits, because something is larger than `i`.
///
/// What is known comes from jumps and guards that dominate, from literals, and from induction over phis: a statement
/// about a phi holds if it holds of what every edge brings, where it may be assumed of the phi itself. Sums that are
/// checked do not wrap, which makes that sound. Questions are answered when they are asked, and only so deep.
struct RedundantChecks: ~Copyable {
    // Internal: Swift 6.3 crashes on private types as elements of a buffer in a noncopyable struct.

    /// `small < large`, or `small <= large`.
    struct Fact: BitwiseCopyable {
        var small: Graph.Value
        var large: Graph.Value
        var isStrict: Bool
        var next: UInt32
    }

    enum Sign: UInt8, BitwiseCopyable {
        case unknown, asking, notNegative, any
    }

    static let deepest = 12
    private static let farthest = 24
    /// Buffers lie in memory: their counts are far from the largest number.
    static let largestCount = Int64(1) << 48

    private var facts = GrowingBuffer<Fact>(capacity: 64)
    /// By block: facts that its guards have left so far.
    private var firstFact = GrowingBuffer<UInt32>(capacity: 64)
    private var signs = GrowingBuffer<Sign>(capacity: 512)
    /// By node: whether it is a sum or difference that was found to fit, and so does not wrap either.
    var fits = GrowingBuffer<Bool>(capacity: 512)
    /// Phis of which the statement that is being proven is assumed.
    private var assumed = GrowingBuffer<Graph.Value>(capacity: 16)
    private var assumedPositive = GrowingBuffer<Graph.Value>(capacity: 16)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    mutating func run(_ graph: inout Graph, _ known: KnownUops) {
        guard graph.exits.count > 0 else { return }
        facts.removeAll()
        firstFact.fill(graph.blocks.count, with: Graph.absent)
        signs.fill(graph.nodes.count, with: .unknown)
        fits.fill(graph.nodes.count, with: false)
        for block in 0..<graph.blocks.count {
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let next = graph.nodes[Int(number)].next
                visit(Int(number), UInt32(truncatingIfNeeded: block), &graph, known)
                number = next
            }
        }
    }

    private mutating func visit(_ number: Int, _ block: UInt32, _ graph: inout Graph, _ known: KnownUops) {
        let node = graph.nodes[number]
        guard node.uop < Graph.Special.first else { return }
        switch known[node.uop] {
        case .guardTrue: learn(node.inputs.0, isTrue: true, block, graph, known)
        case .guardFalse: learn(node.inputs.0, isTrue: false, block, graph, known)
        case .check:
            if isNotNegative(node.inputs.0, graph, known, Self.deepest),
                isBelowCount(node.inputs.0, graph.operands[Int(node.operand)], block, graph, known, Self.deepest)
            {
                graph.dropExit(of: number)
                graph.remove(number)
            }
        case .addChecked:
            if sumFits(node, block, graph, known) { relax(number, known.add, &graph) }
        case .multiplyChecked:
            if let left = bound(node.inputs.0, block, graph, known), let right = bound(node.inputs.1, block, graph, known),
                !left.multipliedReportingOverflow(by: right).overflow || fault == .checksIgnoreProducts
            {
                relax(number, known.multiply, &graph)
            }
        case .subtractChecked:
            if let value = Self.literal(node.inputs.1, graph), value >= 0,
                isNotNegative(node.inputs.0, graph, known, Self.deepest)
                    || value == 1 && isPositive(node.inputs.0, block, graph, known)
            {
                relax(number, known.subtract, &graph)
            }
        default: break
        }
    }

    /// The same without the check.
    private mutating func relax(_ number: Int, _ uop: UInt16, _ graph: inout Graph) {
        fits[number] = true
        graph.dropExit(of: number)
        graph.nodes[number].exit = Graph.absent
        graph.nodes[number].uop = uop
    }

    static func literal(_ value: Graph.Value, _ graph: borrowing Graph) -> Int64? {
        let node = graph.nodes[Int(value)]
        return node.uop == Graph.Special.constant ? Int64(bitPattern: graph.operands[Int(node.operand)]) : nil
    }

    // MARK: Facts

    private mutating func learn(
        _ condition: Graph.Value, isTrue: Bool, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops
    ) {
        guard var fact = self.fact(condition, isTrue: isTrue, graph, known) else { return }
        fact.next = firstFact[Int(block)]
        firstFact[Int(block)] = UInt32(truncatingIfNeeded: facts.count)
        facts.append(fact)
    }

    /// What a comparison's outcome says.
    func fact(
        _ condition: Graph.Value, isTrue: Bool, _ graph: borrowing Graph, _ known: KnownUops
    ) -> Fact? {
        let node = graph.nodes[Int(condition)]
        guard node.uop < Graph.Special.first else { return nil }
        let (left, right) = (node.inputs.0, node.inputs.1)
        let isTrue = isTrue || fault == .checksIgnoreTheWay
        let (small, large, isStrict): (Graph.Value, Graph.Value, Bool)
        switch known[node.uop] {
        case .less: (small, large, isStrict) = isTrue ? (left, right, true) : (right, left, false)
        case .lessOrEqual: (small, large, isStrict) = isTrue ? (left, right, false) : (right, left, true)
        case .greater: (small, large, isStrict) = isTrue ? (right, left, true) : (left, right, false)
        case .greaterOrEqual: (small, large, isStrict) = isTrue ? (right, left, false) : (left, right, true)
        default: return nil
        }
        return Fact(small: small, large: large, isStrict: isStrict || fault == .checksTakeAtMostForLess, next: Graph.absent)
    }

    /// What is known on an edge because of the jump at its beginning.
    func fact(onEdge edge: UInt32, _ graph: borrowing Graph, _ known: KnownUops) -> Fact? {
        let from = graph.blocks[Int(graph.edges[Int(edge)].from)]
        guard from.last != Graph.absent, from.jump != from.fallThrough else { return nil }
        let node = graph.nodes[Int(from.last)]
        guard node.uop < Graph.Special.first, from.jump != Graph.absent else { return nil }
        switch known[node.uop] {
        case .jumpIfTrue: return fact(node.inputs.0, isTrue: edge == from.jump, graph, known)
        case .jumpIfFalse: return fact(node.inputs.0, isTrue: edge != from.jump, graph, known)
        default: return nil
        }
    }

    /// Whether some fact that holds in a block, or at its end, is as wanted: those of its guards, and of all that
    /// dominates it.
    func holds(
        in block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ isWanted: (Fact) -> Bool
    ) -> Bool {
        var current = block
        for _ in 0..<Self.farthest {
            var index = firstFact[Int(current)]
            while index != Graph.absent {
                if isWanted(facts[Int(index)]) { return true }
                index = facts[Int(index)].next
            }
            let edge = graph.blocks[Int(current)].firstIncoming
            if edge != Graph.absent, graph.edges[Int(edge)].nextIncoming == Graph.absent,
                let fact = self.fact(onEdge: edge, graph, known), isWanted(fact)
            {
                return true
            }
            if current == 0 { return false }
            current = graph.dominators.immediate[Int(current)]
        }
        return false
    }

    // MARK: Questions

    /// Whether a value is below a buffer's count, or below anything at all.
    private mutating func isBelowCount(
        _ value: Graph.Value, _ buffer: UInt64, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Bool {
        assumed.removeAll()
        return isBelow(value, buffer, block, graph, known, depth)
    }

    private mutating func isBelowSomething(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops
    ) -> Bool {
        assumed.removeAll()
        return isBelow(value, nil, block, graph, known, Self.deepest)
    }

    /// - Parameter buffer: the operand of the buffer whose count is meant; nil for any number.
    private mutating func isBelow(
        _ value: Graph.Value, _ buffer: UInt64?, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Bool {
        let fault = fault
        func isWanted(_ fact: Fact, _ value: Graph.Value) -> Bool {
            guard fact.small == value, fact.isStrict else { return false }
            return buffer.map { Self.isCount(fact.large, of: $0, graph, known, fault) } ?? true
        }
        if holds(in: block, graph, known, { isWanted($0, value) }) { return true }
        if buffer == nil, let literal = Self.literal(value, graph) { return literal < .max }
        let node = graph.nodes[Int(value)]
        if depth > 0, node.uop < Graph.Special.first, isDifference(value, node, known),
            let step = Self.literal(node.inputs.1, graph), step >= 0
        {
            return isBelow(node.inputs.0, buffer, block, graph, known, depth - 1)
        }
        guard node.uop == Graph.Special.phi, depth > 0 else { return false }
        for index in 0..<assumed.count where assumed[index] == value { return true }
        assumed.append(value)
        return everyArgument(of: value, graph) { checks, argument, edge in
            if checks.fault == .checksIgnoreIterations, graph.edges[Int(edge)].isBack { return true }
            if let fact = checks.fact(onEdge: edge, graph, known), isWanted(fact, argument) { return true }
            return checks.isBelow(argument, buffer, graph.edges[Int(edge)].from, graph, known, depth - 1)
        }
    }

    /// Whether a value was found to be above 0 on every way to a block.
    private mutating func isPositive(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops
    ) -> Bool {
        assumedPositive.removeAll()
        return isPositive(value, block, graph, known, Self.deepest)
    }

    private mutating func isPositive(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Bool {
        func isWanted(_ fact: Fact, _ value: Graph.Value) -> Bool {
            fact.large == value && fact.isStrict && (Self.literal(fact.small, graph) ?? -1) >= 0
        }
        if let literal = Self.literal(value, graph) { return literal > 0 }
        if holds(in: block, graph, known, { isWanted($0, value) }) { return true }
        let node = graph.nodes[Int(value)]
        guard node.uop == Graph.Special.phi, depth > 0 else { return false }
        for index in 0..<assumedPositive.count where assumedPositive[index] == value { return true }
        assumedPositive.append(value)
        return everyArgument(of: value, graph) { checks, argument, edge in
            if let fact = checks.fact(onEdge: edge, graph, known), isWanted(fact, argument) { return true }
            return checks.isPositive(argument, graph.edges[Int(edge)].from, graph, known, depth - 1)
        }
    }

    /// Whether something is true of what each edge brings to a phi.
    @inline(__always)
    mutating func everyArgument(
        of phi: Graph.Value, _ graph: borrowing Graph,
        _ isTrue: (_ checks: inout Self, _ argument: Graph.Value, _ edge: UInt32) -> Bool
    ) -> Bool {
        let block = Int(graph.nodes[Int(phi)].block)
        let place = Int(phi - graph.blocks[block].firstPhi)
        var edge = graph.blocks[block].firstIncoming
        while edge != Graph.absent {
            let argument = graph.arguments[Int(graph.edges[Int(edge)].firstArgument) + place]
            if !isTrue(&self, argument, edge) { return false }
            edge = graph.edges[Int(edge)].nextIncoming
        }
        return true
    }

    /// Whether a value is a difference that does not wrap.
    private func isDifference(_ value: Graph.Value, _ node: Graph.Node, _ known: KnownUops) -> Bool {
        known[node.uop] == .subtractChecked || known[node.uop] == .subtract && fits[Int(value)]
    }

    private static func isCount(
        _ value: Graph.Value, of buffer: UInt64, _ graph: borrowing Graph, _ known: KnownUops, _ fault: PassFault?
    ) -> Bool {
        let node = graph.nodes[Int(value)]
        return node.uop < Graph.Special.first && known[node.uop] == .size
            && (graph.operands[Int(node.operand)] == buffer || fault == .checksIgnoreBuffers)
    }

    mutating func isNotNegative(
        _ value: Graph.Value, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Bool {
        if fault == .checksIgnoreSigns { return true }
        if let literal = Self.literal(value, graph) { return literal >= 0 }
        let index = Int(value)
        switch signs[index] {
        case .asking, .notNegative: return true
        case .any: return false
        case .unknown: break
        }
        guard depth > 0 else { return false }
        signs[index] = .asking
        let result = computeSign(graph.nodes[index], value, graph, known, depth - 1)
        // An answer that relied on a question which is still open holds only with that.
        signs[index] = result ? (depth == Self.deepest ? .notNegative : .unknown) : .any
        return result
    }

    private mutating func computeSign(
        _ node: Graph.Node, _ value: Graph.Value, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Bool {
        if node.uop == Graph.Special.phi {
            return everyArgument(of: value, graph) { checks, argument, _ in
                checks.isNotNegative(argument, graph, known, depth)
            }
        }
        guard node.uop < Graph.Special.first else { return false }
        switch known[node.uop] {
        case .size, .byte, .half, .word: return true
        case .add where !fits[Int(value)], .multiply where !fits[Int(value)]: return false
        case .add, .addChecked, .multiply, .multiplyChecked:
            return isNotNegative(node.inputs.0, graph, known, depth) && isNotNegative(node.inputs.1, graph, known, depth)
        case .and:
            return isNotNegative(node.inputs.0, graph, known, depth) || isNotNegative(node.inputs.1, graph, known, depth)
        case .subtract, .subtractChecked:
            // 1 less than what is larger than a number that is not negative.
            guard isDifference(value, node, known), Self.literal(node.inputs.1, graph) == 1 else { return false }
            return isPositive(node.inputs.0, node.block, graph, known)
        case .remainder, .shiftRightArithmetic: return isNotNegative(node.inputs.0, graph, known, depth)
        case .shiftRightLogical: return (Self.literal(node.inputs.1, graph).map { $0 & 63 > 0 }) ?? false
        default: return false
        }
    }

    /// Whether a sum fits: 1 more than what something is larger than, or of two numbers that are far from the ends.
    private mutating func sumFits(_ node: Graph.Node, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops) -> Bool {
        if let step = Self.literal(node.inputs.1, graph) {
            if step == 1 || step == 2 && fault == .checksAddTwo, isBelowSomething(node.inputs.0, block, graph, known) { return true }
            if 0 > step, isNotNegative(node.inputs.0, graph, known, Self.deepest) { return true }
            if step < 0 { return false }
        }
        if let left = bound(node.inputs.0, block, graph, known), let right = bound(node.inputs.1, block, graph, known) {
            return left <= .max - right
        }
        return false
    }
}
