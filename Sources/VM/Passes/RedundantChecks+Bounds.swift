import CStencils

/// How large numbers can be: a sum or a product of small ones fits.
extension RedundantChecks {
    /// How deep bounds are looked for, and in phis of how many edges: the answer may take a look at all of that.
    private static let deepestBound = 3
    private static let mostEdges = 4

    /// A number that a value is not above where a block uses it, if it is not negative; nil where none is known.
    mutating func bound(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops
    ) -> Int64? {
        guard isNotNegative(value, graph, known, Self.deepest) else { return nil }
        return bound(value, block, graph, known, Self.deepestBound)
    }

    /// The same of a value that is not negative.
    private mutating func bound(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Int64? {
        if let literal = Self.literal(value, graph) { return literal }
        var result = depth > 0 ? ownBound(value, block, graph, known, depth - 1) : nil
        _ = holds(in: block, graph, known) { fact in
            // Below 0, where nothing leads: the value is not negative.
            if fact.small == value, let most = Self.most(fact, graph) { result = min(result ?? .max, max(0, most)) }
            return false
        }
        return result
    }

    /// What a fact says of what it calls small.
    private static func most(_ fact: Fact, _ graph: borrowing Graph) -> Int64? {
        guard let limit = literal(fact.large, graph) else { return nil }
        return fact.isStrict ? limit.subtractingReportingOverflow(1).partialValue : limit
    }

    /// What a value's definition says.
    private mutating func ownBound(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Int64? {
        let node = graph.nodes[Int(value)]
        if node.uop == Graph.Special.phi { return phiBound(value, graph, known, depth) }
        guard node.uop < Graph.Special.first else { return nil }
        switch known[node.uop] {
        case .byte: return 0xFF
        case .half: return 0xFFFF
        case .word: return 0xFFFF_FFFF
        case .size: return Self.largestCount
        case .and: return Self.literal(node.inputs.1, graph).flatMap { $0 >= 0 ? $0 : nil }
        case .shiftRightLogical:
            guard let count = Self.literal(node.inputs.1, graph), count & 63 > 0 else { return nil }
            return Int64(bitPattern: UInt64.max >> UInt64(count & 63))
        case .shiftRightArithmetic:
            guard let count = Self.literal(node.inputs.1, graph) else { return nil }
            return partBound(node.inputs.0, block, graph, known, depth).map { $0 >> (count & 63) }
        case .remainder:
            guard let divisor = Self.literal(node.inputs.1, graph), divisor > 0 else { return nil }
            return divisor - 1
        case .add where fits[Int(value)], .addChecked:
            guard let left = partBound(node.inputs.0, block, graph, known, depth),
                let right = partBound(node.inputs.1, block, graph, known, depth)
            else { return nil }
            let (sum, overflow) = left.addingReportingOverflow(right)
            return overflow ? nil : sum
        case .multiply where fits[Int(value)], .multiplyChecked:
            guard let left = partBound(node.inputs.0, block, graph, known, depth),
                let right = partBound(node.inputs.1, block, graph, known, depth)
            else { return nil }
            let (product, overflow) = left.multipliedReportingOverflow(by: right)
            return overflow ? nil : product
        default: return nil
        }
    }

    private mutating func partBound(
        _ value: Graph.Value, _ block: UInt32, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Int64? {
        isNotNegative(value, graph, known, Self.deepest) ? bound(value, block, graph, known, depth) : nil
    }

    /// The largest bound of what the edges bring, each where it comes from.
    private mutating func phiBound(
        _ value: Graph.Value, _ graph: borrowing Graph, _ known: KnownUops, _ depth: Int
    ) -> Int64? {
        var result = Int64(0)
        var count = 0
        let isBounded = everyArgument(of: value, graph) { checks, argument, edge in
            count += 1
            guard count <= Self.mostEdges else { return false }
            var most: Int64?
            if let fact = checks.fact(onEdge: edge, graph, known), fact.small == argument { most = Self.most(fact, graph) }
            most = most ?? checks.bound(argument, graph.edges[Int(edge)].from, graph, known, depth)
            result = max(result, most ?? 0)
            return most != nil
        }
        return isBounded ? result : nil
    }
}
