import CStencils

/// Computes equal things once, and checks equal things once: a node whose outcome is that of one before it on every
/// way goes. Literals move to the beginning, where all of the region shares them.
///
///     v7 = _MEM_SIZE_I64 data                      v7 = _MEM_SIZE_I64 data
///     _MEM_CHECK v3, data -> exit 1                _MEM_CHECK v3, data -> exit 1
///     v9 = _MEM_READ_I64 v1, v3                =>  v9 = _MEM_READ_I64 v1, v3
///     _MEM_CHECK v3, data -> exit 2                v11 = _I64_ADD v9, v9
///     v10 = _MEM_READ_I64 v1, v3
///     v11 = _I64_ADD v9, v10
///
/// What reads memory is equal only until something is written, and as long as one way leads on.
struct CommonSubexpressions: ~Copyable {
    /// Places that the table has at most.
    private static let largestTable = 1024
    /// Nodes that are looked at in one place of the table at most: more would not be linear.
    private static let longestChain = 12

    /// By hash: the last node, and by node the one before it in the same place.
    private var table = GrowingBuffer<UInt32>(capacity: 1024)
    /// What makes a place of a hash.
    private var shift: UInt64 = 0
    private var chain = GrowingBuffer<UInt32>(capacity: 512)
    /// By node: what stands for it.
    private var replacement = GrowingBuffer<UInt32>(capacity: 512)
    /// By node that reads memory: a number that every write, and every place where ways meet, changes.
    private var epochs = GrowingBuffer<UInt32>(capacity: 512)
    /// By block: the number at its end.
    private var blockEpochs = GrowingBuffer<UInt32>(capacity: 64)
    private var epoch: UInt32 = 0
    private var lastEpoch: UInt32 = 0
    private var hasReplaced = false
    /// For tests: see `PassFault`.
    var fault: PassFault?

    mutating func run(_ graph: inout Graph, _ shapes: [UopShape]) {
        var bits = 5
        while 1 << bits < min(graph.nodes.count, Self.largestTable) { bits += 1 }
        shift = UInt64(64 - bits)
        table.fill(1 << bits, with: Graph.absent)
        chain.fill(graph.nodes.count, with: Graph.absent)
        epochs.fill(graph.nodes.count, with: 0)
        replacement.fill(graph.nodes.count, with: 0)
        for node in 0..<graph.nodes.count { replacement[node] = UInt32(truncatingIfNeeded: node) }
        hasReplaced = false
        lastEpoch = 0
        blockEpochs.removeAll()
        shareConstants(&graph)
        for block in 0..<graph.blocks.count {
            beginBlock(block, graph)
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let next = graph.nodes[Int(number)].next
                visit(Int(number), &graph, shapes)
                number = next
            }
            blockEpochs.append(epoch)
        }
        if hasReplaced { graph.replace(replacement) }
    }

    private mutating func beginBlock(_ block: Int, _ graph: borrowing Graph) {
        let edge = graph.blocks[block].firstIncoming
        if edge != Graph.absent, graph.edges[Int(edge)].nextIncoming == Graph.absent, Int(graph.edges[Int(edge)].from) < block {
            epoch = blockEpochs[Int(graph.edges[Int(edge)].from)]
        } else if fault == .equalityIgnoresOtherWays, block > 0 {
            epoch = blockEpochs[Int(graph.dominators.immediate[block])]
        } else {
            write()
        }
    }

    /// Memory is not what it was.
    private mutating func write() {
        if fault == .equalityIgnoresWrites { return }
        lastEpoch += 1
        epoch = lastEpoch
    }

    // MARK: Literals

    private mutating func shareConstants(_ graph: inout Graph) {
        for block in 0..<graph.blocks.count {
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.uop == Graph.Special.constant { share(number, node, &graph) }
                number = node.next
            }
        }
    }

    private mutating func share(_ number: UInt32, _ node: Graph.Node, _ graph: inout Graph) {
        let word = graph.operands[Int(node.operand)]
        let isFloat = node.valueClass == .F64
        let place = place(word &* 2 &+ (isFloat ? 1 : 0))
        var known = table[place]
        while known != Graph.absent {
            let other = graph.nodes[Int(known)]
            if other.uop == Graph.Special.constant, graph.operands[Int(other.operand)] == word, (other.valueClass == .F64) == isFloat {
                return replaceNode(number, by: known, &graph)
            }
            known = chain[Int(known)]
        }
        graph.moveToEntry(Int(number))
        enter(number, at: place)
    }

    // MARK: Nodes

    private mutating func visit(_ number: Int, _ graph: inout Graph, _ shapes: [UopShape]) {
        let node = graph.nodes[number]
        guard node.uop < Graph.Special.first else { return }
        if node.inputCount > 0 { graph.nodes[number].inputs.0 = find(node.inputs.0) }
        if node.inputCount > 1 { graph.nodes[number].inputs.1 = find(node.inputs.1) }
        if node.inputCount > 2 { graph.nodes[number].inputs.2 = find(node.inputs.2) }
        let shape = shapes[Int(node.uop)]
        let reads = shape.flags.contains(.reads)
        // What decides a jump is better made twice than kept: it will be part of the jump.
        guard reads || shape.flags.contains(.pure), !shape.usesLocals, !shape.flags.contains(.jumps), !shape.flags.contains(.truth), shape.outputCount <= 1 || shape.flags.contains(.guards)
        else {
            if !shape.flags.contains(.pure), !shape.flags.contains(.jumps) || shape.flags.contains(.tape) { write() }
            return
        }
        let changed = graph.nodes[number]
        if reads { epochs[number] = epoch }
        var hash = UInt64(changed.uop) &+ UInt64(changed.inputs.0) << 16 &+ UInt64(changed.inputs.1) << 32
        hash = hash &* 31 &+ UInt64(changed.inputs.2)
        let place = place(hash)
        var known = table[place]
        var count = 0
        while known != Graph.absent, count < Self.longestChain {
            if isEqual(Int(known), number, changed, shape, graph) {
                graph.dropExit(of: number)
                return replaceNode(UInt32(truncatingIfNeeded: number), by: known, &graph)
            }
            known = chain[Int(known)]
            count += 1
        }
        enter(UInt32(truncatingIfNeeded: number), at: place)
    }

    private func isEqual(
        _ known: Int, _ number: Int, _ node: Graph.Node, _ shape: UopShape, _ graph: borrowing Graph
    ) -> Bool {
        let other = graph.nodes[known]
        guard other.uop == node.uop, other.inputs == node.inputs, epochs[known] == epochs[number],
            graph.dominators.dominates(other.block, node.block) || fault == .equalityIgnoresDominance
        else { return false }
        if fault == .equalityIgnoresOperands { return true }
        for index in 0..<shape.operandCount
        where graph.operands[Int(other.operand) + index] != graph.operands[Int(node.operand) + index] { return false }
        return true
    }

    private mutating func enter(_ number: UInt32, at place: Int) {
        chain[Int(number)] = table[place]
        table[place] = number
    }

    private mutating func replaceNode(_ number: UInt32, by known: UInt32, _ graph: inout Graph) {
        replacement[Int(number)] = known
        hasReplaced = true
        graph.remove(Int(number))
    }

    /// What stands for a value: what replaces a node is never replaced itself.
    @inline(__always)
    private func find(_ value: Graph.Value) -> Graph.Value { replacement[Int(value)] }

    private func place(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }
}
