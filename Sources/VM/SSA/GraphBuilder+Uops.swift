import CStencils

/// Nodes, and the words of the stack.
extension GraphBuilder {
    // MARK: The stack

    @inline(__always)
    mutating func push(_ value: Graph.Value, _ graph: inout Graph) {
        graph.stackCells.append(Graph.StackCell(value: value, below: top))
        top = UInt32(truncatingIfNeeded: graph.stackCells.count - 1)
    }

    @inline(__always)
    mutating func pop(_ graph: inout Graph) -> Graph.Value {
        let cell = graph.stackCells[Int(top)]
        top = cell.below
        return cell.value
    }

    // MARK: Words that are moved

    mutating func write(
        _ instruction: Region.Instruction, _ treatment: UopTreatment, _ words: Span<UInt64>, _ graph: inout Graph
    ) {
        func variable(_ operand: Int8) -> Int {
            Int(words[Int(instruction.firstOperand) + Int(operand)]) / FrameLayout.word
        }
        let value = treatment.inputCount > 0 ? pop(&graph) : read(variable(treatment.readOperand), &graph)
        bind(variable(treatment.writtenOperand), to: value, &graph)
    }

    mutating func shuffle(_ treatment: UopTreatment, _ graph: inout Graph) {
        let before = top
        var inputs = (Graph.absent, Graph.absent, Graph.absent)
        if treatment.inputCount > 2 { inputs.2 = pop(&graph) }
        if treatment.inputCount > 1 { inputs.1 = pop(&graph) }
        if treatment.inputCount > 0 { inputs.0 = pop(&graph) }
        if treatment.peeks { top = before }
        for output in 0..<Int(treatment.outputCount) {
            switch treatment.source(output) {
            case 0: push(inputs.0, &graph)
            case 1: push(inputs.1, &graph)
            default: push(inputs.2, &graph)
            }
        }
    }

    // MARK: Nodes

    @inline(__always)
    mutating func append(_ template: Graph.Node, _ graph: inout Graph) -> Graph.Value {
        var node = template
        let number = UInt32(truncatingIfNeeded: graph.nodes.count)
        node.previous = lastNode
        graph.nodes.append(node)
        if lastNode == Graph.absent { firstNode = number } else { graph.nodes[Int(lastNode)].next = number }
        lastNode = number
        return number
    }

    /// A word of the frame as it is when the region is entered: at the beginning of block 0, which comes before
    /// everything.
    mutating func appendEntry(offset: Int, _ valueClass: UopClass, _ graph: inout Graph) -> Graph.Value {
        let number = UInt32(truncatingIfNeeded: graph.nodes.count)
        var node = Graph.Node(uop: Graph.Special.entry, valueClass: valueClass, block: 0)
        node.operand = UInt32(truncatingIfNeeded: offset)
        if block == 0 { (graph.blocks[0].first, graph.blocks[0].last) = (firstNode, lastNode) }
        node.previous = lastEntry
        node.next = lastEntry == Graph.absent ? graph.blocks[0].first : graph.nodes[Int(lastEntry)].next
        graph.nodes.append(node)
        if lastEntry == Graph.absent { graph.blocks[0].first = number } else { graph.nodes[Int(lastEntry)].next = number }
        if node.next == Graph.absent {
            graph.blocks[0].last = number
        } else {
            graph.nodes[Int(node.next)].previous = number
        }
        lastEntry = number
        if block == 0 { (firstNode, lastNode) = (graph.blocks[0].first, graph.blocks[0].last) }
        return number
    }

    /// A literal. One that was made before on every way to here is taken again.
    mutating func constant(_ word: UInt64, _ valueClass: UopClass, _ graph: inout Graph) -> Graph.Value {
        let hash = ((word ^ UInt64(valueClass.rawValue) << 56) &* 0x9E37_79B9_7F4A_7C15) >> 58
        // What is found there may be of another graph: it is taken if it fits this one.
        let known = Int(constants[Int(hash)])
        if known >= firstDominating, known < graph.nodes.count {
            let node = graph.nodes[known]
            if node.uop == Graph.Special.constant, node.valueClass == valueClass, graph.operands[Int(node.operand)] == word {
                return UInt32(truncatingIfNeeded: known)
            }
        }
        var node = Graph.Node(uop: Graph.Special.constant, valueClass: valueClass, block: block)
        node.operand = UInt32(truncatingIfNeeded: graph.operands.count)
        graph.operands.append(word)
        let number = append(node, &graph)
        constants[Int(hash)] = number
        return number
    }

    @inline(__always)
    mutating func appendUop(
        _ index: Int, _ instruction: Region.Instruction, _ treatment: UopTreatment, _ words: Span<UInt64>,
        _ graph: inout Graph
    ) {
        if treatment.usesLocals { storeReadLocal(instruction, treatment, words, &graph) }
        if treatment.escapes { storePosition(&graph) }
        let number = UInt32(truncatingIfNeeded: graph.nodes.count)
        var node = Graph.Node(
            uop: UInt16(truncatingIfNeeded: instruction.uop), valueClass: treatment.classes.0,
            inputCount: Int(treatment.inputCount), block: block)
        if instruction.exit != Region.absent {
            node.exit = UInt32(truncatingIfNeeded: graph.exits.count)
            graph.exits.append(
                Graph.Exit(
                    number: instruction.exit, instruction: UInt32(truncatingIfNeeded: index), binding: head, stack: top,
                    depth: instruction.depth, node: number))
        }
        if treatment.operandCount > 0 {
            node.operand = UInt32(truncatingIfNeeded: graph.operands.count)
            for operand in 0..<Int(treatment.operandCount) {
                graph.operands.append(words[Int(instruction.firstOperand) + operand])
            }
        }
        let before = top
        if treatment.inputCount > 2 { node.inputs.2 = pop(&graph) }
        if treatment.inputCount > 1 { node.inputs.1 = pop(&graph) }
        if treatment.inputCount > 0 { node.inputs.0 = pop(&graph) }
        // Forms with a literal have it as their last input.
        if treatment.commutes, graph.nodes[Int(node.inputs.0)].uop == Graph.Special.constant {
            (node.inputs.0, node.inputs.1) = (node.inputs.1, node.inputs.0)
        }
        if treatment.peeks || treatment.kind == .guards { top = before }
        if treatment.sources.0 >= 0 { node.valueClass = outputClass(0, node, treatment, graph) }
        _ = append(node, &graph)
        if treatment.kind != .guards, treatment.outputCount > 0 {
            push(number, &graph)
            if treatment.outputCount > 1 { appendOutputs(of: node, treatment, &graph) }
        }
        if treatment.usesLocals, treatment.writtenOperand >= 0 { loadWrittenLocal(instruction, treatment, words, &graph) }
    }

    /// A uop that checks its first input and then accesses memory: the check has the exit, the access the address as
    /// its first input, which is the first word of the descriptor that the operand names.
    mutating func appendParts(
        _ index: Int, _ instruction: Region.Instruction, _ treatment: UopTreatment, _ words: Span<UInt64>,
        _ graph: inout Graph
    ) {
        let offset = words[Int(instruction.firstOperand)]
        let address = read(Int(offset) / FrameLayout.word, &graph)
        let operand = UInt32(truncatingIfNeeded: graph.operands.count)
        graph.operands.append(offset)
        var check = Graph.Node(uop: treatment.check, valueClass: .I64, inputCount: 1, block: block)
        var access = Graph.Node(
            uop: treatment.access, valueClass: treatment.classes.0, inputCount: Int(treatment.inputCount) + 1, block: block)
        check.operand = operand
        access.operand = operand
        check.exit = UInt32(truncatingIfNeeded: graph.exits.count)
        graph.exits.append(
            Graph.Exit(
                number: instruction.exit, instruction: UInt32(truncatingIfNeeded: index), binding: head, stack: top,
                depth: instruction.depth, node: UInt32(truncatingIfNeeded: graph.nodes.count)))
        access.inputs.0 = address
        if treatment.inputCount > 1 { access.inputs.2 = pop(&graph) }
        access.inputs.1 = pop(&graph)
        check.inputs.0 = access.inputs.1
        _ = append(check, &graph)
        let value = append(access, &graph)
        if treatment.outputCount > 0 { push(value, &graph) }
    }

    /// The second and the third value of a node.
    private mutating func appendOutputs(of node: Graph.Node, _ treatment: UopTreatment, _ graph: inout Graph) {
        for place in 1..<Int(treatment.outputCount) {
            var output = Graph.Node(
                uop: Graph.Special.output, valueClass: outputClass(place, node, treatment, graph), block: block)
            output.operand = UInt32(truncatingIfNeeded: place)
            push(append(output, &graph), &graph)
        }
    }

    private func outputClass(
        _ output: Int, _ node: Graph.Node, _ treatment: UopTreatment, _ graph: borrowing Graph
    ) -> UopClass {
        let source = treatment.source(output)
        guard source >= 0 else { return treatment.valueClass(output) }
        if source == Int(UopTreatment.helper) {
            return helpers[layout.helperIndex(at: Int(graph.operands[Int(node.operand)]))].result ?? .I64
        }
        if source == Int(UopTreatment.local) {
            return valueClass(of: Int(graph.operands[Int(node.operand) + Int(treatment.readOperand)]) / FrameLayout.word)
        }
        let input = source == 0 ? node.inputs.0 : source == 1 ? node.inputs.1 : node.inputs.2
        let valueClass = graph.nodes[Int(input)].valueClass
        // Other inputs of this class may be objects of another kind.
        return valueClass.isObject ? .OBJECT : valueClass
    }

    /// Before code of the host runs, the position in the source is where it may look for it.
    private mutating func storePosition(_ graph: inout Graph) {
        let variable = variables[FrameLayout.position / FrameLayout.word]
        guard variable.binding != Graph.absent else { return }
        var node = Graph.Node(uop: Graph.Special.store, valueClass: .I64, inputCount: 1, block: block)
        node.inputs.0 = variable.value
        node.operand = UInt32(FrameLayout.position)
        _ = append(node, &graph)
    }

    // MARK: Uops that use locals themselves

    /// Before a uop that reads a local in the frame, its value goes there.
    private mutating func storeReadLocal(
        _ instruction: Region.Instruction, _ treatment: UopTreatment, _ words: Span<UInt64>, _ graph: inout Graph
    ) {
        guard treatment.readOperand >= 0 else { return }
        let offset = words[Int(instruction.firstOperand) + Int(treatment.readOperand)]
        let variable = Int(offset) / FrameLayout.word
        // Without a binding, nothing that leads here has changed the word.
        guard variables[variable].binding != Graph.absent else { return }
        var node = Graph.Node(
            uop: Graph.Special.store, valueClass: valueClass(of: variable), inputCount: 1, block: block)
        node.inputs.0 = variables[variable].value
        node.operand = UInt32(truncatingIfNeeded: offset)
        _ = append(node, &graph)
    }

    /// Behind a uop that writes a local in the frame, the local is what it finds there.
    private mutating func loadWrittenLocal(
        _ instruction: Region.Instruction, _ treatment: UopTreatment, _ words: Span<UInt64>, _ graph: inout Graph
    ) {
        let offset = words[Int(instruction.firstOperand) + Int(treatment.writtenOperand)]
        let variable = Int(offset) / FrameLayout.word
        var node = Graph.Node(uop: Graph.Special.load, valueClass: valueClass(of: variable), block: block)
        node.operand = UInt32(truncatingIfNeeded: offset)
        bind(variable, to: append(node, &graph), &graph)
    }
}
