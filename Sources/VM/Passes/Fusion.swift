import CStencils

/// Makes one node of two where the stencils have code for both together: a comparison and the jump or guard that
/// takes its result.
///
/// The first becomes part of the second, and moves to where that stands. Its value is then in no register: only
/// the second's own exit may see it, on the stack, and there the host computes it again.
///
///     v7 = _I64_LT_S v3, v4
///     _JUMP_IF_FALSE v7 -> b3             =>  _I64_LT_S+_JUMP_IF_FALSE v3, v4 -> b3
struct Fusion: ~Copyable {
    /// By value: how often code uses it, and how many bindings and words of the stack name it.
    private var uses = GrowingBuffer<(code: UInt16, names: UInt16)>(capacity: 512)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    mutating func run(_ graph: inout Graph, _ catalog: borrowing FormCatalog, exits: [RegionExit]) {
        var isCounted = false
        for block in 0..<graph.blocks.count {
            var number = graph.blocks[block].last
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.uop < Graph.Special.first, node.inputCount > 0, let first = candidate(Int(number), node, graph),
                    let fused = catalog.fusion(Int(graph.nodes[first].uop), Int(node.uop))
                {
                    if !isCounted {
                        count(graph)
                        isCounted = true
                    }
                    if canMerge(first, node, exits, graph) { merge(first, into: Int(number), as: fused, catalog, &graph) }
                }
                number = graph.nodes[Int(number)].previous
            }
        }
    }

    /// The node right before, if it makes the last input; constants do not stand between.
    private func candidate(_ number: Int, _ node: Graph.Node, _ graph: borrowing Graph) -> Int? {
        let last = node.inputCount == 1 ? node.inputs.0 : node.inputCount == 2 ? node.inputs.1 : node.inputs.2
        var before = node.previous
        while before != Graph.absent, graph.nodes[Int(before)].uop == Graph.Special.constant {
            before = graph.nodes[Int(before)].previous
        }
        guard before == last, graph.nodes[Int(last)].uop < Graph.Special.first, graph.nodes[Int(last)].exit == Graph.absent
        else { return nil }
        return Int(last)
    }

    private mutating func count(_ graph: borrowing Graph) {
        uses.fill(graph.nodes.count, with: (0, 0))
        func more(_ count: UInt16) -> UInt16 { count == .max ? count : count + 1 }
        for block in 0..<graph.blocks.count {
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.inputCount > 0 { uses[Int(node.inputs.0)].code = more(uses[Int(node.inputs.0)].code) }
                if node.inputCount > 1 { uses[Int(node.inputs.1)].code = more(uses[Int(node.inputs.1)].code) }
                if node.inputCount > 2 { uses[Int(node.inputs.2)].code = more(uses[Int(node.inputs.2)].code) }
                number = node.next
            }
        }
        for index in 0..<graph.arguments.count {
            let value = Int(graph.arguments[index])
            uses[value].code = more(uses[value].code)
        }
        for index in 0..<graph.bindings.count where graph.bindings[index].firstExit <= graph.bindings[index].lastExit {
            // Two, as it may be visible anywhere.
            uses[Int(graph.bindings[index].value)].names = .max
        }
        for index in 0..<graph.stackCells.count {
            let value = Int(graph.stackCells[index].value)
            uses[value].names = more(uses[value].names)
        }
    }

    private func canMerge(_ first: Int, _ node: Graph.Node, _ exits: [RegionExit], _ graph: borrowing Graph) -> Bool {
        // One word of the stack: the one that the second takes.
        guard uses[first].code == 1 || fault == .fusionIgnoresUses, uses[first].names <= 1 || fault == .fusionIgnoresExits || fault == .fusionIgnoresUses else {
            return false
        }
        guard node.exit != Graph.absent else { return true }
        // Code that brings the frame up to date for another trace would have to compute it.
        let number = graph.exits[Int(node.exit)].number
        if number != Graph.absent, case .trace = exits[Int(number)].target { return false }
        return true
    }

    private func merge(
        _ first: Int, into number: Int, as fused: UInt16, _ catalog: borrowing FormCatalog, _ graph: inout Graph
    ) {
        let (a, b) = (graph.nodes[first], graph.nodes[number])
        let (left, right) = (catalog.operations[Int(a.uop)], catalog.operations[Int(b.uop)])
        var node = b
        node.uop = fused
        node.inputCount = a.inputCount + b.inputCount - 1
        var inputs = (Graph.absent, Graph.absent, Graph.absent)
        for index in 0..<Int(node.inputCount) {
            let kept = Int(b.inputCount) - 1
            var value = index < kept ? b.input(index) : a.input(index - kept)
            if fault == .fusionExchangesInputs, kept == 0 { value = a.input(Int(a.inputCount) - 1 - index) }
            if index == 0 { inputs.0 = value } else if index == 1 { inputs.1 = value } else { inputs.2 = value }
        }
        node.inputs = inputs
        if left.operandCount > 0 {
            node.operand = UInt32(truncatingIfNeeded: graph.operands.count)
            for index in 0..<Int(left.operandCount) { graph.operands.append(graph.operands[Int(a.operand) + index]) }
            for index in 0..<Int(right.operandCount) { graph.operands.append(graph.operands[Int(b.operand) + index]) }
        }
        graph.nodes[number] = node
        graph.remove(first)
    }
}
