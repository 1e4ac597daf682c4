import CStencils

/// A graph as text, for `uopjit --dump ssa` and for tests.
extension Graph {
    /// Bindings and words of the stack that an exit shows at most, and how far it looks for them.
    private static let shownAtExits = 8
    private static let searchedAtExits = 100

    /// A line a node, block by block.
    ///
    ///     b1 from b0, b2  loop depth 1
    ///       v4 = phi i64 [v1 from b0, v7 from b2]
    ///       v7 = _I64_ADD_CHECKED v4, v2 -> exit 3 {sum = v4 | v4, v2}
    ///
    /// An exit shows the variables that have values of their own there, the latest first, and behind the bar
    /// the stack from its bottom.
    ///
    /// - Parameter catalog: what nodes are numbered by; nil for the program's, which will do before fusion.
    package func text(of program: VerifiedProgram, layout: FrameLayout, catalog: UopCatalog? = nil) -> String {
        let names = GraphNames(program: program, layout: layout, catalog: catalog ?? program.catalog)
        var text = ""
        for block in 0..<blocks.count {
            text += header(of: block)
            if isHead(block), loops[Int(blocks[block].loop)].entryExit != Graph.absent {
                text += "  entered with \(state(exits[Int(loops[Int(blocks[block].loop)].entryExit)], names))\n"
            }
            var node = blocks[block].first
            while node != Graph.absent {
                text += "  \(line(Int(node), names))\n"
                node = nodes[Int(node)].next
            }
        }
        return text
    }

    /// Whether a loop begins with the block.
    private func isHead(_ block: Int) -> Bool {
        blocks[block].loop != Graph.absent && Int(loops[Int(blocks[block].loop)].first) == block
    }

    /// "b1 from b0, b1  loop depth 1": how a block is announced.
    func header(of block: Int) -> String {
        var sources: [String] = []
        var edge = blocks[block].firstIncoming
        while edge != Graph.absent {
            sources.append("b\(edges[Int(edge)].from)")
            edge = edges[Int(edge)].nextIncoming
        }
        let from = sources.isEmpty ? "" : " from " + sources.joined(separator: ", ")
        let loop = blocks[block].loop
        return "b\(block)\(from)" + (loop == Graph.absent ? "\n" : "  loop depth \(loops[Int(loop)].depth)\n")
    }

    /// A node.
    ///
    /// - Parameter showsState: whether an exit says what the interpreter would see.
    func line(_ number: Int, _ names: GraphNames, showsState: Bool = true) -> String {
        let node = nodes[number]
        let valueClass = node.valueClass.name
        switch node.uop {
        case Special.phi: return "v\(number) = phi \(valueClass) [\(arguments(of: number))]"
        case Special.entry: return "v\(number) = entry \(valueClass) \(names.place(Int(node.operand)))"
        case Special.constant:
            return "v\(number) = constant \(valueClass) \(node.valueClass.text(of: operands[Int(node.operand)]))"
        case Special.output: return "v\(number) = output \(node.operand) of the node before"
        case Special.store: return "store \(names.place(Int(node.operand))), v\(node.inputs.0)"
        case Special.load: return "v\(number) = load \(valueClass) \(names.place(Int(node.operand)))"
        default: return uopLine(number, names, showsState)
        }
    }

    private func uopLine(_ number: Int, _ names: GraphNames, _ showsState: Bool) -> String {
        let node = nodes[number]
        let uop = names.catalog.uops[Int(node.uop)]
        var parts: [String] = []
        for (index, kind) in uop.operands.enumerated() where kind != .LABEL {
            let word = operands[Int(node.operand) + index]
            parts.append(kind.isPlace ? names.place(Int(word)) : kind.text(of: word))
        }
        for input in 0..<Int(node.inputCount) { parts.append("v\(self.input(input, of: number))") }
        let hasValue = !uop.outputs.isEmpty && !uop.flags.contains(.guards)
        var text = (hasValue ? "v\(number) = " : "") + uop.name
        if !parts.isEmpty { text += " " + parts.joined(separator: ", ") }
        if uop.flags.contains(.jumps) { text += " -> \(destination(blocks[Int(node.block)].jump))" }
        if node.exit != Graph.absent, showsState {
            let exit = exits[Int(node.exit)]
            text += " -> exit \(exit.number) \(state(exit, names))"
        }
        return text
    }

    private func destination(_ edge: UInt32) -> String {
        edge == Graph.absent ? "nowhere" : "b\(edges[Int(edge)].to)"
    }

    private func arguments(of phi: Int) -> String {
        let block = blocks[Int(nodes[phi].block)]
        var parts: [String] = []
        var edge = block.firstIncoming
        while edge != Graph.absent {
            let argument = arguments[Int(edges[Int(edge)].firstArgument) + phi - Int(block.firstPhi)]
            parts.append("v\(argument) from b\(edges[Int(edge)].from)")
            edge = edges[Int(edge)].nextIncoming
        }
        return parts.joined(separator: ", ")
    }

    /// What the interpreter would see.
    private func state(_ exit: Exit, _ names: GraphNames) -> String {
        var seen: [UInt32] = []
        var parts: [String] = []
        var (binding, steps) = (exit.binding, 0)
        while binding != Graph.absent, parts.count < Self.shownAtExits, steps < Self.searchedAtExits {
            steps += 1
            let current = bindings[Int(binding)]
            if !seen.contains(current.variable) {
                seen.append(current.variable)
                parts.append("\(names.place(Int(current.variable))) = v\(current.value)")
            }
            binding = current.previous
        }
        if binding != Graph.absent { parts.append("...") }
        var words: [String] = []
        var cell = exit.stack
        while cell != Graph.absent, words.count < Self.shownAtExits {
            words.append("v\(stackCells[Int(cell)].value)")
            cell = stackCells[Int(cell)].below
        }
        if cell != Graph.absent { words.append("...") }
        let stack = words.isEmpty ? "" : " | " + words.reversed().joined(separator: ", ")
        return "{\(parts.joined(separator: ", "))\(stack)}"
    }
}

extension Graph {
    /// A node's input by its place, from 0.
    package func input(_ index: Int, of node: Int) -> Value {
        let inputs = nodes[node].inputs
        return index == 0 ? inputs.0 : index == 1 ? inputs.1 : inputs.2
    }
}

/// What the words of the frame are called.
struct GraphNames {
    let program: VerifiedProgram
    let layout: FrameLayout
    let catalog: UopCatalog

    func place(_ offset: Int) -> String { layout.name(of: offset, in: program.program) }
}
