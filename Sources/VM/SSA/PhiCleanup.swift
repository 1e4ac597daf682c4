import CStencils

/// Removes phis that are one value: all of whose arguments are that value, or the phi itself.
///
/// Removing one may show that another is one value, too. A phi that is not has two arguments that differ;
/// it is looked at again when one of these two has been replaced, and then goes on from the argument where
/// it stopped, because what was equal before stays equal. So the work is in proportion to the arguments.
struct PhiCleanup: ~Copyable {
    // Not private: the compiler (6.3) makes wrong code of a private type in buffers of a type without copies.

    struct Phi: BitwiseCopyable {
        var node: UInt32
        /// Its place among the phis of its block.
        var place: UInt32
        /// The edge whose argument is looked at next: those before brought `value`, or the phi itself.
        var edge: UInt32
        var value = Graph.absent
        /// The phis that it waits for.
        var watched = (Graph.absent, Graph.absent)
        /// The last of the watchers that wait for it.
        var watcher = Graph.absent
        /// The node that stands for it in the end.
        var final = Graph.absent
    }

    struct Watcher: BitwiseCopyable {
        var phi: UInt32
        var previous: UInt32
    }

    private var phis = GrowingBuffer<Phi>(capacity: 64)
    private var watchers = GrowingBuffer<Watcher>(capacity: 64)
    private var pending = GrowingBuffer<UInt32>(capacity: 64)
    /// By node: itself, or one that is equal. Chains lead to a node that is not replaced.
    private var replacement = GrowingBuffer<UInt32>(capacity: 512)
    /// By binding: what stands for it as the one before, and as the one that is hidden.
    private var previous = GrowingBuffer<UInt32>(capacity: 64)
    private var hidden = GrowingBuffer<UInt32>(capacity: 64)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    mutating func run(_ graph: inout Graph) {
        gather(&graph)
        guard phis.count > 0 else { return }
        replacement.removeAll()
        for node in 0..<graph.nodes.count { replacement.append(UInt32(truncatingIfNeeded: node)) }
        watchers.removeAll()
        pending.removeAll()
        var isChanged = false
        // Chains of phis that wait for each other could be made that cost more; to stop early is right, too.
        var rest = 20 * (phis.count + graph.arguments.count)
        for phi in 0..<phis.count {
            if examine(phi, graph) { isChanged = true }
            while pending.count > 0, rest > 0 {
                rest -= 1
                if examine(Int(pending.removeLast()), graph) { isChanged = true }
            }
        }
        if isChanged { number(&graph) }
        for phi in 0..<phis.count { graph.nodes[Int(phis[phi].node)].operand = Graph.absent }
        guard isChanged else { return }
        compact(&graph)
        resolve(&graph)
        removeIdleBindings(&graph)
    }

    /// While this runs, a phi's operand is its number.
    private mutating func gather(_ graph: inout Graph) {
        phis.removeAll()
        for index in 0..<graph.blocks.count where graph.blocks[index].phiCount > 0 {
            let block = graph.blocks[index]
            for place in 0..<block.phiCount {
                graph.nodes[Int(block.firstPhi + place)].operand = UInt32(truncatingIfNeeded: phis.count)
                phis.append(Phi(node: block.firstPhi + place, place: place, edge: block.firstIncoming))
            }
        }
    }

    private mutating func find(_ value: Graph.Value) -> Graph.Value {
        var value = value
        while replacement[Int(value)] != value {
            replacement[Int(value)] = replacement[Int(replacement[Int(value)])]
            value = replacement[Int(value)]
        }
        return value
    }

    /// Replaces the phi if it is one value; otherwise it waits.
    private mutating func examine(_ number: Int, _ graph: borrowing Graph) -> Bool {
        var phi = phis[number]
        guard replacement[Int(phi.node)] == phi.node else { return false }
        if phi.value != Graph.absent {
            phi.value = find(phi.value)
            if phi.value == phi.node { phi.value = Graph.absent }
        }
        while phi.edge != Graph.absent {
            let edge = graph.edges[Int(phi.edge)]
            let argument = find(graph.arguments[Int(edge.firstArgument + phi.place)])
            if argument != phi.node, argument != phi.value {
                if phi.value != Graph.absent {
                    watch(phi.value, argument, &phi, number, graph)
                    phis[number] = phi
                    return false
                }
                phi.value = argument
            }
            phi.edge = edge.nextIncoming
            if fault == .phisTrustTheFirstWay, phi.value != Graph.absent { phi.edge = Graph.absent }
        }
        phis[number] = phi
        // Without a value it is never reached.
        guard phi.value != Graph.absent else { return false }
        replacement[Int(phi.node)] = phi.value
        var watcher = phi.watcher
        while watcher != Graph.absent {
            pending.append(watchers[Int(watcher)].phi)
            watcher = watchers[Int(watcher)].previous
        }
        return true
    }

    /// Waits until one of two different values is replaced, as only phis are.
    private mutating func watch(
        _ first: Graph.Value, _ second: Graph.Value, _ phi: inout Phi, _ number: Int, _ graph: borrowing Graph
    ) {
        let old = phi.watched
        phi.watched = (first, second)
        if first != old.0, first != old.1 { watch(first, number, graph) }
        if second != old.0, second != old.1 { watch(second, number, graph) }
    }

    private mutating func watch(_ value: Graph.Value, _ number: Int, _ graph: borrowing Graph) {
        let node = graph.nodes[Int(value)]
        guard node.uop == Graph.Special.phi else { return }
        watchers.append(Watcher(phi: UInt32(truncatingIfNeeded: number), previous: phis[Int(node.operand)].watcher))
        phis[Int(node.operand)].watcher = UInt32(truncatingIfNeeded: watchers.count - 1)
    }

    // MARK: What is left

    /// Finds the node that each phi will be: those of a block stay next to each other.
    private mutating func number(_ graph: inout Graph) {
        var (block, next) = (Graph.absent, UInt32(0))
        for index in 0..<phis.count {
            let node = phis[index].node
            if graph.nodes[Int(node)].block != block {
                block = graph.nodes[Int(node)].block
                next = graph.blocks[Int(block)].firstPhi
            }
            guard replacement[Int(node)] == node else { continue }
            phis[index].final = next
            next += 1
        }
        for index in 0..<phis.count where phis[index].final == Graph.absent {
            let value = find(phis[index].node)
            let node = graph.nodes[Int(value)]
            phis[index].final = node.uop == Graph.Special.phi ? phis[Int(node.operand)].final : value
        }
    }

    /// Moves phis and arguments together. Afterwards `replacement` says what stands for a node, in one step.
    private mutating func compact(_ graph: inout Graph) {
        var index = 0
        while index < phis.count {
            let number = graph.nodes[Int(phis[index].node)].block
            let block = graph.blocks[Int(number)]
            let behind = graph.nodes[Int(block.firstPhi + block.phiCount - 1)].next
            var kept: UInt32 = 0
            for place in 0..<block.phiCount {
                let phi = phis[index + Int(place)]
                let isKept = replacement[Int(phi.node)] == phi.node
                if isKept {
                    graph.nodes[Int(phi.final)] = graph.nodes[Int(phi.node)]
                    moveArguments(from: place, to: kept, block, &graph)
                    kept += 1
                }
            }
            for place in 0..<block.phiCount {
                let phi = phis[index + Int(place)]
                replacement[Int(phi.node)] = phi.final
                if place >= kept { graph.nodes[Int(block.firstPhi + place)].block = Graph.absent }
            }
            index += Int(block.phiCount)
            link(number, kept, behind, &graph)
        }
    }

    private func moveArguments(from: UInt32, to: UInt32, _ block: Graph.Block, _ graph: inout Graph) {
        guard from != to else { return }
        var edge = block.firstIncoming
        while edge != Graph.absent {
            let first = graph.edges[Int(edge)].firstArgument
            graph.arguments[Int(first + to)] = graph.arguments[Int(first + from)]
            edge = graph.edges[Int(edge)].nextIncoming
        }
    }

    /// The phis that are kept, and behind them what stood behind the phis, are the block's list.
    private func link(_ number: UInt32, _ kept: UInt32, _ behind: UInt32, _ graph: inout Graph) {
        var block = graph.blocks[Int(number)]
        block.phiCount = kept
        block.first = kept > 0 ? block.firstPhi : behind
        let last = kept > 0 ? block.firstPhi + kept - 1 : Graph.absent
        for place in 0..<kept {
            let node = Int(block.firstPhi + place)
            graph.nodes[node].previous = place == 0 ? Graph.absent : block.firstPhi + place - 1
            graph.nodes[node].next = place + 1 < kept ? block.firstPhi + place + 1 : behind
        }
        if behind == Graph.absent { block.last = last } else { graph.nodes[Int(behind)].previous = last }
        graph.blocks[Int(number)] = block
        guard kept == 0 else { return }
        var edge = block.firstIncoming
        while edge != Graph.absent {
            graph.edges[Int(edge)].firstArgument = Graph.absent
            edge = graph.edges[Int(edge)].nextIncoming
        }
    }

    private func resolve(_ graph: inout Graph) {
        for index in 0..<graph.nodes.count where graph.nodes[index].inputCount > 0 {
            let inputs = graph.nodes[index].inputs
            graph.nodes[index].inputs.0 = replacement[Int(inputs.0)]
            if inputs.1 != Graph.absent { graph.nodes[index].inputs.1 = replacement[Int(inputs.1)] }
            if inputs.2 != Graph.absent { graph.nodes[index].inputs.2 = replacement[Int(inputs.2)] }
        }
        for index in 0..<graph.arguments.count { graph.arguments[index] = replacement[Int(graph.arguments[index])] }
        for index in 0..<graph.stackCells.count {
            graph.stackCells[index].value = replacement[Int(graph.stackCells[index].value)]
        }
    }

    /// A binding to the value that the variable has already is passed over: the one before is visible instead.
    private mutating func removeIdleBindings(_ graph: inout Graph) {
        previous.removeAll()
        hidden.removeAll()
        for index in 0..<graph.bindings.count {
            var binding = graph.bindings[index]
            binding.value = replacement[Int(binding.value)]
            if binding.previous != Graph.absent { binding.previous = previous[Int(binding.previous)] }
            if binding.hidden != Graph.absent { binding.hidden = hidden[Int(binding.hidden)] }
            graph.bindings[index] = binding
            let isIdle =
                binding.hidden != Graph.absent
                ? graph.bindings[Int(binding.hidden)].value == binding.value
                : isEntry(binding.value, of: binding.variable, graph)
            if isIdle {
                if binding.hidden != Graph.absent { extend(Int(binding.hidden), over: binding, &graph) }
                previous.append(binding.previous)
                hidden.append(binding.hidden)
            } else {
                previous.append(UInt32(truncatingIfNeeded: index))
                hidden.append(UInt32(truncatingIfNeeded: index))
            }
        }
        for index in 0..<graph.exits.count where graph.exits[index].binding != Graph.absent {
            graph.exits[index].binding = previous[Int(graph.exits[index].binding)]
        }
    }

    private func isEntry(_ value: Graph.Value, of variable: UInt32, _ graph: borrowing Graph) -> Bool {
        let node = graph.nodes[Int(value)]
        return node.uop == Graph.Special.entry && node.operand == variable
    }

    private func extend(_ number: Int, over binding: Graph.Binding, _ graph: inout Graph) {
        guard binding.firstExit <= binding.lastExit else { return }
        let visible = graph.bindings[number]
        let isSeen = visible.firstExit <= visible.lastExit
        graph.bindings[number].firstExit = isSeen ? min(visible.firstExit, binding.firstExit) : binding.firstExit
        graph.bindings[number].lastExit = isSeen ? max(visible.lastExit, binding.lastExit) : binding.lastExit
    }
}
