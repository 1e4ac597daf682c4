import CStencils

/// Places where ways meet that all lead forward: the values on each way are known.
struct Meeting: ~Copyable {
    /// The edges, the last one first until they are put in order.
    var edges = GrowingBuffer<UInt32>(capacity: 16)
    /// The last binding that all ways have.
    var ancestor = Graph.absent
    /// By edge, then variable that is not bound alike: its value, `absent` for the entry's.
    var values = GrowingBuffer<UInt32>(capacity: 64)
    /// The variables that get phis, as places in a row of `values`.
    var phis = GrowingBuffer<UInt32>(capacity: 32)
    /// By edge: a cell of its stack.
    var cells = GrowingBuffer<UInt32>(capacity: 16)
    /// By word of the stack that is not in the same cell, from the top, then edge: its value.
    var words = GrowingBuffer<UInt32>(capacity: 64)
    /// By such word: its value behind the meeting; `absent` for a phi.
    var merged = GrowingBuffer<UInt32>(capacity: 32)
}

extension GraphBuilder {
    /// Gives the block that has just begun the state of all ways that lead to it: `meeting.edges`, and the
    /// way from the block before where there is one.
    mutating func meet(_ comesOn: Bool, _ graph: inout Graph) {
        linkEdges(comesOn, &graph)
        firstDominating = graph.nodes.count
        let last = edgeStates[Int(meeting.edges[meeting.edges.count - 1])]
        beginChange()
        if !comesOn { move(to: last.binding, &graph) }
        top = last.stack
        if waysDiffer(last) {
            // What differs between the ways, not what differs from where the walk was.
            restartChange()
            if gatherValues(&graph), gatherStacks(graph) {
                choosePhis(&graph)
                appendArguments(&graph)
                bindMerged(&graph)
            }
        }
        endChange()
    }

    /// Whether some way brings another state. Where nothing is assigned, and nothing lies on the stack, none does.
    private func waysDiffer(_ last: State) -> Bool {
        for index in 0..<meeting.edges.count - 1 {
            let state = edgeStates[Int(meeting.edges[index])]
            if state.binding != last.binding || state.stack != last.stack { return true }
        }
        return false
    }

    /// Puts the edges in the order of their making, and makes them the block's.
    private mutating func linkEdges(_ comesOn: Bool, _ graph: inout Graph) {
        var (low, high) = (0, meeting.edges.count - 1)
        while low < high {
            let edge = meeting.edges[low]
            meeting.edges[low] = meeting.edges[high]
            meeting.edges[high] = edge
            (low, high) = (low + 1, high - 1)
        }
        if comesOn { meeting.edges.append(graph.blocks[Int(block)].firstIncoming) }
        graph.blocks[Int(block)].firstIncoming = meeting.edges[0]
        for index in 0..<meeting.edges.count {
            let edge = Int(meeting.edges[index])
            graph.edges[edge].to = block
            graph.edges[edge].nextIncoming = index + 1 < meeting.edges.count ? meeting.edges[index + 1] : Graph.absent
        }
    }

    /// Visits the ways' states, one after the other as they were made: neighbours have most in common.
    ///
    /// - Returns: false where that is too much work.
    private mutating func gatherValues(_ graph: inout Graph) -> Bool {
        let count = meeting.edges.count
        var ancestor = Int32(bitPattern: head)
        for index in (0..<count - 1).reversed() {
            let common = move(to: edgeStates[Int(meeting.edges[index])].binding, &graph)
            ancestor = min(ancestor, Int32(bitPattern: common))
        }
        meeting.ancestor = UInt32(bitPattern: ancestor)
        meeting.values.removeAll()
        work += count * changed.count
        guard work <= workLimit else { return false }
        guard changed.count > 0 else { return true }
        for index in 0..<count {
            move(to: edgeStates[Int(meeting.edges[index])].binding, &graph)
            for position in 0..<changed.count { meeting.values.append(variables[Int(changed[position])].value) }
        }
        move(to: meeting.ancestor, &graph)
        return true
    }

    /// Goes down the ways' stacks as long as they are different lists.
    ///
    /// - Returns: false where that is too much work.
    private mutating func gatherStacks(_ graph: borrowing Graph) -> Bool {
        let count = meeting.edges.count
        meeting.cells.removeAll()
        meeting.words.removeAll()
        for index in 0..<count { meeting.cells.append(edgeStates[Int(meeting.edges[index])].stack) }
        while true {
            var isCommon = true
            for index in 1..<count where meeting.cells[index] != meeting.cells[0] { isCommon = false }
            if isCommon { break }
            work += count
            guard work <= workLimit else { return false }
            for index in 0..<count {
                let cell = graph.stackCells[Int(meeting.cells[index])]
                meeting.words.append(cell.value)
                meeting.cells[index] = cell.below
            }
        }
        top = meeting.cells[0]
        return true
    }

    private mutating func choosePhis(_ graph: inout Graph) {
        let (count, width) = (meeting.edges.count, changed.count)
        meeting.phis.removeAll()
        for position in 0..<width {
            let variable = Int(changed[position])
            var (differs, isUnbound) = (false, false)
            for index in 0..<count {
                let value = meeting.values[index * width + position]
                if value != meeting.values[position] { differs = true }
                if self.isUnbound(value, variable) { isUnbound = true }
            }
            // A named value that has no definition on some way is not used behind.
            guard differs, !(isUnbound && isNamedValue(variable)) else { continue }
            for index in 0..<count where meeting.values[index * width + position] == Graph.absent {
                meeting.values[index * width + position] = entry(of: variable, &graph)
            }
            meeting.phis.append(UInt32(truncatingIfNeeded: position))
        }
        meeting.merged.removeAll()
        for word in 0..<meeting.words.count / count {
            var value = meeting.words[word * count]
            for index in 1..<count where meeting.words[word * count + index] != value { value = Graph.absent }
            meeting.merged.append(value)
        }
    }

    private mutating func appendArguments(_ graph: inout Graph) {
        let (count, width) = (meeting.edges.count, changed.count)
        for index in 0..<count {
            let first = graph.arguments.count
            for phi in 0..<meeting.phis.count {
                graph.arguments.append(meeting.values[index * width + Int(meeting.phis[phi])])
            }
            for word in 0..<meeting.merged.count where meeting.merged[word] == Graph.absent {
                graph.arguments.append(meeting.words[word * count + index])
            }
            if graph.arguments.count > first {
                graph.edges[Int(meeting.edges[index])].firstArgument = UInt32(truncatingIfNeeded: first)
            }
        }
    }

    /// Phis first, then what is bound to them.
    private mutating func bindMerged(_ graph: inout Graph) {
        let (count, width) = (meeting.edges.count, changed.count)
        let first = graph.nodes.count
        for phi in 0..<meeting.phis.count {
            _ = appendPhi(valueClass(of: Int(changed[Int(meeting.phis[phi])])), &graph)
        }
        for word in 0..<meeting.merged.count where meeting.merged[word] == Graph.absent {
            var valueClass = graph.nodes[Int(meeting.words[word * count])].valueClass
            for index in 1..<count {
                let other = graph.nodes[Int(meeting.words[word * count + index])].valueClass
                valueClass = valueClass.joined(with: other) ?? valueClass
            }
            meeting.merged[word] = appendPhi(valueClass, &graph)
        }
        if graph.nodes.count > first {
            graph.blocks[Int(block)].firstPhi = UInt32(truncatingIfNeeded: first)
            graph.blocks[Int(block)].phiCount = UInt32(truncatingIfNeeded: graph.nodes.count - first)
        }
        var phi = 0
        for position in 0..<width {
            let variable = Int(changed[position])
            if phi < meeting.phis.count, Int(meeting.phis[phi]) == position {
                bind(variable, to: UInt32(truncatingIfNeeded: first + phi), &graph)
                phi += 1
            } else if isSame(position, count, width) {
                bind(variable, to: meeting.values[position], &graph)
            }
        }
        for word in (0..<meeting.merged.count).reversed() { push(meeting.merged[word], &graph) }
    }

    private func isSame(_ position: Int, _ count: Int, _ width: Int) -> Bool {
        for index in 1..<count where meeting.values[index * width + position] != meeting.values[position] { return false }
        return true
    }

    // MARK: Loops with several ways in

    /// Before the head of a loop that jumps lead into, past its head: finds the state that all ways into it
    /// have in common (`meeting.ancestor`), and adds to the loop's variables those that do not come alike.
    ///
    /// Leaves a change of state that goes on; where the head is entered, in the state of that way.
    mutating func gatherEntries(_ loop: UInt32, _ isEntered: Bool, _ graph: inout Graph) {
        let entering = State(binding: head, stack: top)
        var ancestor = Int32(bitPattern: head)
        var isFirst = !isEntered
        beginChange()
        // Jumps to targets in the loop that are known by now come from before it.
        var next = nextTarget
        while next < targets.count, targets[next].instruction <= plans[Int(loop)].last, work <= workLimit {
            work += 1
            var edge = targets[next].pending
            while edge != Graph.absent {
                let common = move(to: edgeStates[Int(edge)].binding, &graph)
                if isFirst {
                    isFirst = false
                    ancestor = Int32(bitPattern: head)
                    restartChange()
                } else {
                    ancestor = min(ancestor, Int32(bitPattern: common))
                }
                edge = graph.edges[Int(edge)].nextIncoming
            }
            next += 1
        }
        if isEntered { move(to: entering.binding, &graph) }
        meeting.ancestor = UInt32(bitPattern: ancestor)
        addVariables(to: Int(loop), isEntered)
    }

    private mutating func addVariables(to loop: Int, _ isEntered: Bool) {
        let plan = plans[loop]
        let first = loopVariables.count
        list += 1
        for position in 0..<Int(plan.variableCount) + changed.count {
            let variable =
                position < Int(plan.variableCount)
                ? loopVariables[Int(plan.firstVariable) + position] : changed[position - Int(plan.variableCount)]
            guard variables[Int(variable)].list != list else { continue }
            variables[Int(variable)].list = list
            // A named value that has no definition on the way to the head is not used behind.
            if isEntered, isNamedValue(Int(variable)), variables[Int(variable)].binding == Graph.absent { continue }
            loopVariables.append(variable)
        }
        plans[loop].firstVariable = UInt32(truncatingIfNeeded: first)
        plans[loop].variableCount = UInt32(truncatingIfNeeded: loopVariables.count - first)
    }
}
