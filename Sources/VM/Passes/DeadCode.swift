import CStencils

/// Removes what nobody needs: nodes without effect whose values neither code nor an exit uses.
struct DeadCode: ~Copyable {
    /// By value: how often code uses it; and whether an exit may see it.
    private var uses = GrowingBuffer<UInt32>(capacity: 512)
    private var pending = GrowingBuffer<UInt32>(capacity: 64)
    private var cells = GrowingBuffer<Bool>(capacity: 256)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    mutating func run(_ graph: inout Graph, _ shapes: [UopShape]) {
        count(graph)
        for block in (0..<graph.blocks.count).reversed() {
            var number = graph.blocks[block].last
            while number != Graph.absent {
                let previous = graph.nodes[Int(number)].previous
                removeIfDead(Int(number), &graph, shapes)
                number = previous
            }
        }
        while pending.count > 0 { removeIfDead(Int(pending.removeLast()), &graph, shapes) }
    }

    private mutating func count(_ graph: borrowing Graph) {
        uses.fill(graph.nodes.count, with: 0)
        for block in 0..<graph.blocks.count {
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.inputCount > 0 { uses[Int(node.inputs.0)] += 1 }
                if node.inputCount > 1 { uses[Int(node.inputs.1)] += 1 }
                if node.inputCount > 2 { uses[Int(node.inputs.2)] += 1 }
                number = node.next
            }
        }
        for index in 0..<graph.arguments.count { uses[Int(graph.arguments[index])] += 1 }
        for index in 0..<(fault == .deadCodeIgnoresVariables ? 0 : graph.bindings.count)
        where graph.bindings[index].firstExit <= graph.bindings[index].lastExit {
            uses[Int(graph.bindings[index].value)] += 1
        }
        cells.fill(graph.stackCells.count, with: false)
        for index in 0..<(fault == .deadCodeIgnoresWords ? 0 : graph.exits.count) where graph.exits[index].node != Graph.absent {
            if graph.exits[index].stack != Graph.absent { cells[Int(graph.exits[index].stack)] = true }
        }
        for index in (0..<graph.stackCells.count).reversed() where cells[index] {
            uses[Int(graph.stackCells[index].value)] += 1
            if graph.stackCells[index].below != Graph.absent { cells[Int(graph.stackCells[index].below)] = true }
        }
    }

    private mutating func removeIfDead(_ number: Int, _ graph: inout Graph, _ shapes: [UopShape]) {
        let node = graph.nodes[number]
        guard node.block != Graph.absent, uses[number] == 0, node.exit == Graph.absent || fault == .deadCodeDropsChecks else { return }
        if node.uop < Graph.Special.first {
            let shape = shapes[Int(node.uop)]
            if fault == .deadCodeDropsWrites, shape.flags.contains(.writes) { return graph.remove(number) }
            guard shape.flags.contains(.pure) || shape.flags.contains(.reads), shape.outputCount == 1, !shape.flags.contains(.guards)
            else { return }
        } else {
            guard node.uop == Graph.Special.constant || node.uop == Graph.Special.entry else { return }
        }
        graph.remove(number)
        for index in 0..<Int(node.inputCount) {
            let input = Int(node.input(index))
            uses[input] -= 1
            if uses[input] == 0 { pending.append(UInt32(truncatingIfNeeded: input)) }
        }
    }
}
