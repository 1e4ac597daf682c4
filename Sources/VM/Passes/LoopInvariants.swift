import CStencils

/// Computes before a loop what is the same in each iteration, and checks there what would be checked again and again.
///
///     b1: v5 = phi i64 [...]                        b0: v7 = _I64_MUL_CHECKED v2, v3 -> b1's beginning
///         v7 = _I64_MUL_CHECKED v2, v3 -> exit 4 => b1: v5 = phi i64 [...]
///         v8 = _I64_ADD v7, v5                          v8 = _I64_ADD v7, v5
///
/// A check that fails early leaves with the state in which the loop is entered: the interpreter goes on from there,
/// and comes to the same end. That is never wrong, and only slow where the check would not have been made: so checks
/// are moved only out of blocks that every iteration goes through. What reads memory is moved only out of a loop that
/// writes nothing, and from its first block: there, whatever has checked the index has been moved, too. A guard stays,
/// and may be why the index has no check any more: what reads behind one stays, too.
struct LoopInvariants: ~Copyable {
    private static let visitsPerBlock = 16

    /// By loop: whether anything in it has an effect.
    private var hasEffects = GrowingBuffer<Bool>(capacity: 16)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    /// - Returns: whether anything was moved: things that are equal may have come together.
    mutating func run(_ graph: inout Graph, _ shapes: [UopShape]) -> Bool {
        guard graph.loops.count > 0 else { return false }
        var hasMoved = false
        findEffects(graph, shapes)
        // Blocks are looked at once for each loop around them: that must end where loops are nested very deeply.
        var blocksLeft = Self.visitsPerBlock * graph.blocks.count + 1024
        // Inner loops come behind those around them: what leaves an inner one may leave the next.
        for loop in (0..<graph.loops.count).reversed() where graph.loops[loop].entryExit != Graph.absent && graph.loops[loop].first > 0 {
            blocksLeft -= Int(graph.loops[loop].last - graph.loops[loop].first) + 1
            guard blocksLeft >= 0 else { break }
            if clear(loop, &graph, shapes) { hasMoved = true }
        }
        return hasMoved
    }

    private mutating func findEffects(_ graph: borrowing Graph, _ shapes: [UopShape]) {
        hasEffects.fill(graph.loops.count, with: false)
        for block in 0..<graph.blocks.count where graph.blocks[block].loop != Graph.absent {
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.uop < Graph.Special.first {
                    let flags = shapes[Int(node.uop)].flags
                    let isHarmless = !flags.isDisjoint(with: [.pure, .reads, .pollsFuel, .pollsInterrupt, .counts, .position])
                        || flags.contains(.jumps) && !flags.contains(.tape) || flags == .exits
                    if !isHarmless { mark(graph.blocks[block].loop, graph) }
                }
                number = node.next
            }
        }
    }

    private mutating func mark(_ innermost: UInt32, _ graph: borrowing Graph) {
        var loop = innermost
        while loop != Graph.absent, !hasEffects[Int(loop)] {
            hasEffects[Int(loop)] = true
            loop = graph.loops[Int(loop)].parent
        }
    }

    private func clear(_ loop: Int, _ graph: inout Graph, _ shapes: [UopShape]) -> Bool {
        var hasMoved = false
        let (first, last) = (graph.loops[loop].first, graph.loops[loop].last)
        // Whether something in the loop's first block may leave that stands before what is looked at.
        var isGuarded = false
        for block in Int(first)...Int(last) {
            // Those of inner loops were looked at; what is left there is not always executed.
            let isOwn = Int(graph.blocks[block].loop) == loop
            let isAlways = isOwn && dominatesEnds(UInt32(truncatingIfNeeded: block), of: first, graph)
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let next = graph.nodes[Int(number)].next
                if canMove(
                    Int(number), loop, isAlways: isAlways, isHead: block == Int(first), isGuarded: isGuarded, first, last, graph,
                    shapes)
                {
                    move(Int(number), before: first, loop, &graph)
                    hasMoved = true
                } else if isGuard(graph.nodes[Int(number)], shapes) {
                    isGuarded = true
                }
                number = next
            }
        }
        return hasMoved
    }

    /// Whether every iteration goes through a block.
    private func dominatesEnds(_ block: UInt32, of head: UInt32, _ graph: borrowing Graph) -> Bool {
        var edge = graph.blocks[Int(head)].firstIncoming
        while edge != Graph.absent {
            if graph.edges[Int(edge)].isBack, !graph.dominators.dominates(block, graph.edges[Int(edge)].from) { return false }
            edge = graph.edges[Int(edge)].nextIncoming
        }
        return true
    }

    private func canMove(
        _ number: Int, _ loop: Int, isAlways: Bool, isHead: Bool, isGuarded: Bool, _ first: UInt32,
        _ last: UInt32, _ graph: borrowing Graph, _ shapes: [UopShape]
    ) -> Bool {
        let node = graph.nodes[number]
        guard node.uop < Graph.Special.first else { return false }
        let shape = shapes[Int(node.uop)]
        guard !shape.usesLocals, !shape.flags.contains(.jumps), !shape.flags.contains(.truth), shape.outputCount <= 1 || shape.flags.contains(.guards)
        else { return false }
        if shape.flags.contains(.reads) {
            // Counts have no index.
            guard isHead, isAlways, !hasEffects[loop] || fault == .motionIgnoresWrites else { return false }
            if isGuarded, node.inputCount > 0 || shape.flags.contains(.tape) { return false }
        } else {
            guard shape.flags.contains(.pure), node.exit == Graph.absent || isAlways else { return false }
        }
        for index in 0..<Int(node.inputCount) {
            let block = graph.nodes[Int(node.input(index))].block
            if fault == .motionIgnoresPhis, graph.nodes[Int(node.input(index))].uop == Graph.Special.phi { continue }
            if block >= first, block <= last { return false }
        }
        return true
    }

    /// Whether it leaves because of a value; polls do not.
    private func isGuard(_ node: Graph.Node, _ shapes: [UopShape]) -> Bool {
        guard node.uop < Graph.Special.first, node.exit != Graph.absent else { return false }
        return shapes[Int(node.uop)].flags.isDisjoint(with: [.pollsFuel, .pollsInterrupt])
    }

    private func move(_ number: Int, before head: UInt32, _ loop: Int, _ graph: inout Graph) {
        if fault != .motionKeepsExits { graph.dropExit(of: number) }
        graph.moveToEnd(number, of: Int(head) - 1)
        if graph.nodes[number].exit != Graph.absent, fault != .motionKeepsExits {
            graph.nodes[number].exit = graph.loops[loop].entryExit
            graph.exits[Int(graph.loops[loop].entryExit)].node = UInt32(truncatingIfNeeded: number)
        }
    }
}
