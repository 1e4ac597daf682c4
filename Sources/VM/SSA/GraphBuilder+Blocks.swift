import CStencils

/// Blocks, edges and loops.
extension GraphBuilder {
    /// Begins a block at an instruction where jumps may lead, or behind one that ends a block.
    mutating func beginBlock(
        _ index: Int, _ instruction: Region.Instruction, _ region: Region, _ program: VerifiedProgram,
        _ graph: inout Graph
    ) {
        var (pending, loop) = (Graph.absent, Graph.absent)
        if instruction.isTarget {
            (pending, loop) = (targets[nextTarget].pending, targets[nextTarget].loop)
            nextTarget += 1
            // A label that no jump leads to.
            if pending == Graph.absent, loop == Graph.absent, !blockEnded { return }
        }
        closeLoops(before: index, &graph)
        let comesOn = isReachable
        isReachable = true
        meeting.edges.removeAll()
        while pending != Graph.absent {
            meeting.edges.append(pending)
            pending = graph.edges[Int(pending)].nextIncoming
        }
        if loop == Graph.absent {
            openBlock(index, comesOn, &graph)
            if meeting.edges.count > 0 { meet(comesOn, &graph) }
        } else {
            // What is moved out of the loop goes to the end of the block before, which must lead into the loop
            // and nowhere else.
            let isEntered = comesOn || meeting.edges.count > 0
            if isEntered, blockEnded || meeting.edges.count > 0 {
                openBlock(index, comesOn, &graph)
                if meeting.edges.count > 0 { meet(comesOn, &graph) }
            }
            enterLoop(loop, index, instruction, isEntered, region, program, &graph)
        }
        blockEnded = false
    }

    func openBlockNumber(_ graph: borrowing Graph) -> UInt32 { UInt32(truncatingIfNeeded: graph.blocks.count) }

    /// Ends the block and begins one behind it, with an edge to it where control comes on.
    mutating func openBlock(_ index: Int, _ comesOn: Bool, _ graph: inout Graph) {
        closeBlock(&graph)
        let number = openBlockNumber(graph)
        var new = Graph.Block()
        new.instruction = UInt32(truncatingIfNeeded: index)
        if openLoop != Graph.absent { new.loop = plans[Int(openLoop)].number }
        if comesOn {
            let edge = appendEdge(to: number, isBack: false, &graph)
            graph.blocks[Int(block)].fallThrough = edge
            new.firstIncoming = edge
        }
        graph.blocks.append(new)
        (block, firstNode, lastNode) = (number, Graph.absent, Graph.absent)
    }

    mutating func closeBlock(_ graph: inout Graph) {
        graph.blocks[Int(block)].first = firstNode
        graph.blocks[Int(block)].last = lastNode
    }

    mutating func closeLoops(before index: Int, _ graph: inout Graph) {
        while openLoop != Graph.absent, Int(plans[Int(openLoop)].last) < index {
            graph.loops[Int(plans[Int(openLoop)].number)].last = block
            openLoop = plans[Int(openLoop)].parent
        }
    }

    // MARK: Edges

    /// An edge from the block, with the state that it carries.
    mutating func appendEdge(to target: UInt32, isBack: Bool, _ graph: inout Graph) -> UInt32 {
        graph.edges.append(Graph.Edge(from: block, to: target, isBack: isBack))
        edgeStates.append(State(binding: head, stack: top))
        return UInt32(truncatingIfNeeded: graph.edges.count - 1)
    }

    mutating func jump(_ index: Int, _ instruction: Region.Instruction, _ graph: inout Graph) {
        let target = Int(marks[Int(instruction.target)]) - 1
        if Int(instruction.target) <= index {
            jumpBack(to: Int(targets[target].loop), depth: Int(instruction.depth), &graph)
        } else {
            // The block does not exist yet: it takes its edges over when it begins.
            let edge = appendEdge(to: Graph.absent, isBack: false, &graph)
            graph.blocks[Int(block)].jump = edge
            graph.edges[Int(edge)].nextIncoming = targets[target].pending
            targets[target].pending = edge
        }
    }

    /// An edge to a loop's head, with what its phis get.
    private mutating func jumpBack(to loop: Int, depth: Int, _ graph: inout Graph) {
        let plan = plans[loop]
        let edge = appendEdge(to: plan.block, isBack: true, &graph)
        graph.blocks[Int(block)].jump = edge
        work += Int(graph.blocks[Int(plan.block)].phiCount)
        if graph.blocks[Int(plan.block)].phiCount > 0, work <= workLimit {
            graph.edges[Int(edge)].firstArgument = UInt32(truncatingIfNeeded: graph.arguments.count)
            for position in 0..<Int(plan.variableCount) {
                let variable = Int(loopVariables[Int(plan.firstVariable) + position])
                let value = read(variable, &graph)
                graph.arguments.append(value)
            }
            appendStack(&graph)
        }
        if plan.lastIncoming == Graph.absent {
            graph.blocks[Int(plan.block)].firstIncoming = edge
        } else {
            graph.edges[Int(plan.lastIncoming)].nextIncoming = edge
        }
        plans[loop].lastIncoming = edge
    }

    /// The words of the stack, from the top, as arguments.
    private func appendStack(_ graph: inout Graph) {
        var cell = top
        while cell != Graph.absent {
            graph.arguments.append(graph.stackCells[Int(cell)].value)
            cell = graph.stackCells[Int(cell)].below
        }
    }

    // MARK: Loops

    /// Begins a loop's head.
    ///
    /// - Parameter isEntered: whether control comes to the head from the block before.
    private mutating func enterLoop(
        _ loop: UInt32, _ index: Int, _ instruction: Region.Instruction, _ isEntered: Bool, _ region: Region,
        _ program: VerifiedProgram, _ graph: inout Graph
    ) {
        let isRegular = isEntered && plans[Int(loop)].enteredFrom == Graph.absent
        let depth = Int(instruction.depth)
        let firstArgument = UInt32(truncatingIfNeeded: graph.arguments.count)
        if !isRegular { gatherEntries(loop, isEntered, &graph) } else if hasCopies { dropUnboundNames(Int(loop)) }
        let plan = plans[Int(loop)]
        work += Int(plan.variableCount) + depth
        guard work <= workLimit else { return }
        if isEntered {
            for position in 0..<Int(plan.variableCount) {
                let value = read(Int(loopVariables[Int(plan.firstVariable) + position]), &graph)
                graph.arguments.append(value)
            }
            appendStack(&graph)
        }
        var entryExit = Graph.absent
        if isRegular {
            entryExit = UInt32(truncatingIfNeeded: graph.exits.count)
            graph.exits.append(
                Graph.Exit(
                    number: Graph.absent, instruction: UInt32(truncatingIfNeeded: index), binding: head, stack: top,
                    depth: instruction.depth, node: Graph.absent))
        } else {
            // Everything in the loop is reached from the state that all ways into it have in common.
            move(to: meeting.ancestor, &graph)
            endChange()
            firstDominating = graph.nodes.count
        }
        appendLoop(loop, entryExit, &graph)
        openBlock(index, isEntered, &graph)
        plans[Int(loop)].block = block
        let edge = graph.blocks[Int(block)].firstIncoming
        plans[Int(loop)].lastIncoming = edge
        if isEntered, Int(firstArgument) < graph.arguments.count { graph.edges[Int(edge)].firstArgument = firstArgument }
        let classes = isEntered ? [] : stackClasses(instruction, region, program)
        appendHeadPhis(plan, depth, classes, isEntered ? firstArgument : Graph.absent, &graph)
    }

    private mutating func appendLoop(_ loop: UInt32, _ entryExit: UInt32, _ graph: inout Graph) {
        let number = UInt32(truncatingIfNeeded: graph.loops.count)
        // The block that the head will be.
        var new = Graph.Loop(first: openBlockNumber(graph), last: openBlockNumber(graph))
        new.entryExit = entryExit
        if openLoop != Graph.absent {
            new.parent = plans[Int(openLoop)].number
            new.depth = graph.loops[Int(new.parent)].depth + 1
        }
        graph.loops.append(new)
        plans[Int(loop)].number = number
        openLoop = loop
    }

    /// The classes of the words on the stack at a label that only jumps back lead to: nothing else says.
    private func stackClasses(
        _ instruction: Region.Instruction, _ region: Region, _ program: VerifiedProgram
    ) -> [UopClass] {
        program.traces[region.trace].classes(before: Int(instruction.statement)) ?? []
    }

    /// A phi for each variable that the loop assigns and for each word of the stack, the top one first.
    private mutating func appendHeadPhis(
        _ plan: LoopPlan, _ depth: Int, _ classes: [UopClass], _ firstArgument: UInt32, _ graph: inout Graph
    ) {
        let count = Int(plan.variableCount) + depth
        guard count > 0 else { return }
        let first = UInt32(truncatingIfNeeded: graph.nodes.count)
        graph.blocks[Int(block)].firstPhi = first
        graph.blocks[Int(block)].phiCount = UInt32(truncatingIfNeeded: count)
        for position in 0..<Int(plan.variableCount) {
            let variable = Int(loopVariables[Int(plan.firstVariable) + position])
            bind(variable, to: appendPhi(valueClass(of: variable), &graph), &graph)
        }
        for word in 0..<depth {
            var valueClass = UopClass.I64
            if firstArgument != Graph.absent {
                let argument = graph.arguments[Int(firstArgument) + Int(plan.variableCount) + word]
                valueClass = graph.nodes[Int(argument)].valueClass
            } else if depth - 1 - word < classes.count {
                valueClass = classes[depth - 1 - word]
            }
            // Jumps back may bring objects of another kind.
            _ = appendPhi(valueClass.isObject ? .OBJECT : valueClass, &graph)
        }
        top = Graph.absent
        for word in (0..<depth).reversed() {
            push(first + plan.variableCount + UInt32(truncatingIfNeeded: word), &graph)
        }
    }

    mutating func appendPhi(_ valueClass: UopClass, _ graph: inout Graph) -> Graph.Value {
        append(Graph.Node(uop: Graph.Special.phi, valueClass: valueClass, block: block), &graph)
    }
}
