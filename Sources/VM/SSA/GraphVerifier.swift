import CStencils

/// Whether a graph keeps the rules that passes rely on. For tests and for finding faults: it says what is
/// wrong in words, and allocates as it likes.
extension Graph {
    /// What is wrong, nothing where all is well.
    ///
    /// - Parameter shapes: of the catalog that the nodes are numbered by.
    package func verify(shapes: [UopShape]) -> [String] {
        var checker = GraphChecker(graph: self)
        checkBlocks(&checker)
        guard checker.problems.isEmpty else { return checker.problems }
        checkEdges(&checker)
        checkLoops(&checker)
        guard checker.problems.isEmpty else { return checker.problems }
        checker.computeDominators(self)
        checkNodes(&checker, shapes)
        checkPhis(&checker)
        checkExits(&checker)
        return checker.problems
    }

    // MARK: Structure

    /// The lists of nodes.
    private func checkBlocks(_ checker: inout GraphChecker) {
        var isListed = Array(repeating: false, count: nodes.count)
        for index in 0..<blocks.count {
            let block = blocks[index]
            var (node, previous, place) = (block.first, Graph.absent, 0)
            while node != Graph.absent {
                guard Int(node) < nodes.count, !isListed[Int(node)] else {
                    return checker.note("b\(index): v\(node) does not exist, or is listed twice")
                }
                isListed[Int(node)] = true
                checker.places[Int(node)] = place
                if nodes[Int(node)].block != UInt32(index) {
                    checker.note("v\(node) is listed in b\(index), but is elsewhere")
                }
                if nodes[Int(node)].previous != previous { checker.note("v\(node): the node before is another one") }
                let isPhi = place < Int(block.phiCount)
                if isPhi != (nodes[Int(node)].uop == Special.phi) || isPhi && node != block.firstPhi + UInt32(place) {
                    checker.note("b\(index): v\(node) is not where phis are, or is where only they are")
                }
                (previous, node, place) = (node, nodes[Int(node)].next, place + 1)
            }
            if block.last != previous { checker.note("b\(index): its last node is not the end of its list") }
        }
    }

    private func checkEdges(_ checker: inout GraphChecker) {
        if blocks[0].firstIncoming != Graph.absent { checker.note("b0 has incoming edges") }
        var isListed = Array(repeating: false, count: edges.count)
        for index in 0..<blocks.count {
            var edge = blocks[index].firstIncoming
            while edge != Graph.absent {
                guard !isListed[Int(edge)] else { return checker.note("edge \(edge) is listed twice") }
                isListed[Int(edge)] = true
                let current = edges[Int(edge)]
                if Int(current.to) != index { checker.note("edge \(edge) is listed at b\(index), but leads elsewhere") }
                if current.isBack != (current.to <= current.from) { checker.note("edge \(edge) leads the wrong way") }
                if current.isBack, !isHead(index, around: current.from) {
                    checker.note("edge \(edge) leads back to b\(index), which is no head of a loop around b\(current.from)")
                }
                edge = current.nextIncoming
            }
            for edge in [blocks[index].jump, blocks[index].fallThrough] where edge != Graph.absent {
                if edges[Int(edge)].from != UInt32(index) { checker.note("b\(index) leaves by an edge of another block") }
            }
            let next = blocks[index].fallThrough
            if next != Graph.absent, Int(edges[Int(next)].to) != index + 1 {
                checker.note("b\(index) does not fall into the next")
            }
        }
        for (edge, isListed) in isListed.enumerated() where !isListed { checker.note("edge \(edge) is listed nowhere") }
    }

    private func isHead(_ block: Int, around inner: UInt32) -> Bool {
        var loop = blocks[Int(inner)].loop
        while loop != Graph.absent {
            if Int(loops[Int(loop)].first) == block { return true }
            loop = loops[Int(loop)].parent
        }
        return false
    }

    private func checkLoops(_ checker: inout GraphChecker) {
        for index in 0..<loops.count {
            let loop = loops[index]
            if loop.first > loop.last || Int(loop.last) >= blocks.count { checker.note("loop \(index) has no blocks") }
            if loop.parent == Graph.absent {
                if loop.depth != 1 { checker.note("loop \(index) has a depth, but nothing around it") }
                continue
            }
            let parent = loops[Int(loop.parent)]
            if loop.first <= parent.first || loop.last > parent.last || loop.depth != parent.depth + 1 {
                checker.note("loop \(index) is not inside of loop \(loop.parent)")
            }
        }
        // The innermost loop around each block, from outside in: inner loops come later.
        var innermost = Array(repeating: Graph.absent, count: blocks.count)
        var open: [Int] = []
        var next = 0
        for block in 0..<blocks.count {
            while let loop = open.last, Int(loops[loop].last) < block { open.removeLast() }
            while next < loops.count, Int(loops[next].first) == block {
                if let around = open.last, UInt32(around) != loops[next].parent {
                    checker.note("loop \(next): wrong parent")
                }
                open.append(next)
                next += 1
            }
            innermost[block] = open.last.map { UInt32($0) } ?? Graph.absent
            if blocks[block].loop != innermost[block] { checker.note("b\(block) is not in the loop that it names") }
        }
    }

    // MARK: Values

    private func checkNodes(_ checker: inout GraphChecker, _ shapes: [UopShape]) {
        for index in 0..<nodes.count where checker.places[index] >= 0 {
            let node = nodes[index]
            for input in 0..<Int(node.inputCount) {
                checker.checkUse(self, self.input(input, of: index), by: index, shapes, "v\(index)")
            }
            switch node.uop {
            case Special.phi: break
            case Special.entry:
                if node.block != 0 { checker.note("v\(index): an entry's word outside of b0") }
            case Special.constant, Special.load, Special.store: break
            case Special.output:
                let before = node.previous == Graph.absent ? nil : Optional(nodes[Int(node.previous)])
                let place = before.map { $0.uop == Special.output ? Int($0.operand) + 1 : 1 }
                if place != Int(node.operand) { checker.note("v\(index): an output without the node that it is of") }
            default:
                let shape = shapes[Int(node.uop)]
                if shape.inputCount != Int(node.inputCount) { checker.note("v\(index): wrong number of inputs") }
                if (shape.operandCount > 0) != (node.operand != Graph.absent) { checker.note("v\(index): wrong operands") }
                let leavesByJump = blocks[Int(node.block)].jump != Graph.absent && node.next == Graph.absent
                if shape.flags.contains(.jumps) != leavesByJump {
                    checker.note("v\(index): a jump in the middle of a block, or without an edge")
                }
            }
            if node.exit != Graph.absent, !isLast(index, toLeaveBy: exits[Int(node.exit)], checker) {
                checker.note("v\(index): its exit is another node's")
            }
        }
    }

    /// Whether an exit is a node's own; or that of a node behind it in the same block, where checks share the exit before
    /// a loop.
    private func isLast(_ node: Int, toLeaveBy exit: Exit, _ checker: GraphChecker) -> Bool {
        if exit.node == UInt32(node) { return true }
        guard exit.number == Graph.absent, exit.node != Graph.absent else { return false }
        return nodes[Int(exit.node)].block == nodes[node].block && checker.places[Int(exit.node)] > checker.places[node]
    }

    private func checkPhis(_ checker: inout GraphChecker) {
        for index in 0..<blocks.count where blocks[index].phiCount > 0 {
            let block = blocks[index]
            if block.firstIncoming == Graph.absent { checker.note("b\(index) has phis, but no edges lead to it") }
            var edge = block.firstIncoming
            while edge != Graph.absent {
                let current = edges[Int(edge)]
                guard current.firstArgument != Graph.absent,
                    Int(current.firstArgument + block.phiCount) <= arguments.count
                else { return checker.note("edge \(edge) brings too few arguments") }
                for place in 0..<block.phiCount {
                    let phi = block.firstPhi + place
                    let argument = arguments[Int(current.firstArgument + place)]
                    checker.checkEnd(self, argument, of: Int(current.from), "v\(phi) from b\(current.from)")
                    if (nodes[Int(argument)].valueClass == .F64) != (nodes[Int(phi)].valueClass == .F64) {
                        checker.note("v\(phi) and its argument v\(argument) live in different registers")
                    }
                }
                edge = current.nextIncoming
            }
        }
    }

    // MARK: Exits

    private func checkExits(_ checker: inout GraphChecker) {
        // By loop: the exit at its entry is at the end of the block before.
        var points: [(block: Int, place: Int)?] = Array(repeating: nil, count: exits.count)
        for index in 0..<loops.count where loops[index].entryExit != Graph.absent {
            points[Int(loops[index].entryExit)] = (Int(loops[index].first) - 1, Int.max)
        }
        for index in 0..<exits.count where exits[index].node != Graph.absent {
            let node = Int(exits[index].node)
            if nodes[node].exit != UInt32(index) { checker.note("exit entry \(index): its node has another") }
            if nodes[node].block != Graph.absent { points[index] = (Int(nodes[node].block), checker.places[node]) }
        }
        for (index, point) in points.enumerated() {
            guard let point else { continue }
            checkState(UInt32(index), point, &checker)
        }
    }

    private func checkState(_ index: UInt32, _ point: (block: Int, place: Int), _ checker: inout GraphChecker) {
        var seen: Set<UInt32> = []
        var (binding, steps) = (exits[Int(index)].binding, 0)
        // Many exits share a long list; what is far from all of them is looked at by those that are near.
        while binding != Graph.absent, steps < 300 {
            let current = bindings[Int(binding)]
            if seen.insert(current.variable).inserted {
                checker.checkAt(self, current.value, point, "binding \(binding) at exit entry \(index)")
                if index < current.firstExit || index > current.lastExit {
                    checker.note(
                        "exit entry \(index) sees binding \(binding), which is for "
                            + "\(current.firstExit)...\(current.lastExit)")
                }
            }
            checkBinding(Int(binding), &checker)
            (binding, steps) = (current.previous, steps + 1)
        }
        var (cell, depth) = (exits[Int(index)].stack, UInt32(0))
        while cell != Graph.absent {
            let value = stackCells[Int(cell)].value
            if !isPart(value, ofNodeAt: exits[Int(index)]) {
                checker.checkAt(self, value, point, "word \(depth) from the top at exit entry \(index)")
            }
            (cell, depth) = (stackCells[Int(cell)].below, depth + 1)
        }
        if depth != exits[Int(index)].depth { checker.note("exit entry \(index): \(depth) words on the stack") }
    }

    /// Whether a value became part of the node that leaves: the host computes it again, from the node's inputs.
    private func isPart(_ value: Value, ofNodeAt exit: Exit) -> Bool {
        guard exit.node != Graph.absent, nodes[Int(value)].block == Graph.absent, nodes[Int(value)].exit == Graph.absent else {
            return false
        }
        let (part, whole) = (nodes[Int(value)], nodes[Int(exit.node)])
        return (0..<Int(part.inputCount)).allSatisfy { input in
            (0..<Int(whole.inputCount)).contains { whole.input($0) == part.input(input) }
        }
    }

    /// What is hidden is the last binding of the variable before.
    private func checkBinding(_ number: Int, _ checker: inout GraphChecker) {
        guard !checker.checkedBindings.contains(number) else { return }
        checker.checkedBindings.insert(number)
        let binding = bindings[number]
        var (previous, steps) = (binding.previous, 0)
        while previous != Graph.absent, bindings[Int(previous)].variable != binding.variable {
            guard steps < 300 else { return }
            (previous, steps) = (bindings[Int(previous)].previous, steps + 1)
        }
        if previous != binding.hidden { checker.note("binding \(number) hides another than it says") }
    }
}
