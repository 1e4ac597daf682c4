import CStencils

/// Where values are needed: what assignment knows before it begins.
///
/// Points of the code have positions: nodes in their order, and the ends of blocks. What code needs is known exactly:
/// for each block the values that it, or what comes behind it, uses from outside. What only exits need has a range
/// without gaps, from the definition to the last exit that may see it, and to the end of every loop in between that
/// the value was not made in.
struct LiveRanges: ~Copyable {
    static let never = UInt32.max

    /// What is known of a value.
    struct Range: BitwiseCopyable {
        /// Where it is made.
        var start: UInt32 = 0
        /// The first use by code behind the definition; then, while assignment goes on, the next one.
        var nextUse = LiveRanges.never
        /// The last position where an exit needs it; 0 where none does.
        var exitEnd: UInt32 = 0
        /// Blocks other than its own that use it: a list in `outsideUses`.
        var firstOutsideUse = Graph.absent
        /// Whether code uses it at all.
        var isUsed = false
    }

    /// By block: the position of its phis, and of its end.
    struct BlockRange: BitwiseCopyable {
        var start: UInt32 = 0
        var end: UInt32 = 0
    }

    /// By node.
    private(set) var positions = GrowingBuffer<UInt32>(capacity: 512)
    var ranges = GrowingBuffer<Range>(capacity: 512)
    /// By node and input: the value's next use behind it.
    private(set) var nextUses = GrowingBuffer<(UInt32, UInt32, UInt32)>(capacity: 512)
    /// By argument of an edge.
    private(set) var nextArgumentUses = GrowingBuffer<UInt32>(capacity: 128)
    private(set) var blocks = GrowingBuffer<BlockRange>(capacity: 64)
    /// By node: its form, or -1 where nothing is emitted for it.
    private(set) var forms = GrowingBuffer<Int32>(capacity: 512)
    /// By loop: values from outside that its code uses, as a list in `uses`.
    private(set) var firstLoopUse = GrowingBuffer<UInt32>(capacity: 16)
    private(set) var loopUses = GrowingBuffer<(value: UInt32, next: UInt32)>(capacity: 64)
    /// By loop: how many values its code needs at once, at most.
    private(set) var pressure = GrowingBuffer<(integers: Int32, floats: Int32)>(capacity: 16)
    private var outsideUses = GrowingBuffer<(block: UInt32, next: UInt32)>(capacity: 128)
    /// By block: the values that it needs from outside, as a list in `needs`.
    private(set) var firstNeed = GrowingBuffer<UInt32>(capacity: 64)
    private(set) var needs = GrowingBuffer<(value: UInt32, next: UInt32)>(capacity: 256)
    private var pending = GrowingBuffer<UInt32>(capacity: 64)
    /// By value: the block for which it is known to be live.
    private var marks = GrowingBuffer<UInt32>(capacity: 512)
    /// By cell of the stack: the last exit that sees it, as a position.
    private var cellEnds = GrowingBuffer<UInt32>(capacity: 256)
    /// By exit: itself, or the last one before it where code leaves.
    private var exitsBefore = GrowingBuffer<UInt32>(capacity: 128)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    /// - Returns: false where the values that blocks need from outside are out of proportion to the graph, or where
    ///   the order of the blocks does not show how they are reached.
    mutating func compute(_ graph: borrowing Graph, _ catalog: borrowing FormCatalog) -> Bool {
        guard isOrdered(graph) else { return false }
        number(graph)
        findCodeUses(graph, catalog)
        guard findNeeds(graph) else { return false }
        if fault != .livenessIgnoresExits { findExitUses(graph) }
        findPressure(graph, catalog)
        return true
    }

    /// Whether every block but the first has a way into it from a block before it.
    private func isOrdered(_ graph: borrowing Graph) -> Bool {
        for block in 1..<max(1, graph.blocks.count) {
            var edge = graph.blocks[block].firstIncoming
            while edge != Graph.absent, Int(graph.edges[Int(edge)].from) >= block { edge = graph.edges[Int(edge)].nextIncoming }
            if edge == Graph.absent { return false }
        }
        return true
    }

    @inline(__always)
    static func isFloat(_ node: Graph.Node) -> Bool { node.valueClass == .F64 }

    // MARK: Positions

    private mutating func number(_ graph: borrowing Graph) {
        let count = graph.nodes.count
        positions.fill(count, with: 0)
        ranges.fill(count, with: Range())
        nextUses.fill(count, with: (0, 0, 0))
        forms.fill(count, with: -1)
        nextArgumentUses.fill(graph.arguments.count, with: Self.never)
        blocks.fill(graph.blocks.count, with: BlockRange())
        var position: UInt32 = 1
        for block in 0..<graph.blocks.count {
            blocks[block].start = position
            position += 1
            var node = graph.blocks[block].first
            while node != Graph.absent {
                let isPhi = graph.nodes[Int(node)].uop == Graph.Special.phi
                positions[Int(node)] = isPhi ? blocks[block].start : position
                ranges[Int(node)].start = positions[Int(node)]
                if !isPhi { position += 1 }
                node = graph.nodes[Int(node)].next
            }
            blocks[block].end = position
            position += 1
        }
    }

    // MARK: Uses by code

    private mutating func findCodeUses(_ graph: borrowing Graph, _ catalog: borrowing FormCatalog) {
        firstLoopUse.fill(graph.loops.count, with: Graph.absent)
        loopUses.removeAll()
        outsideUses.removeAll()
        for block in (0..<graph.blocks.count).reversed() {
            findArguments(of: graph.blocks[block].fallThrough, block, graph)
            findArguments(of: graph.blocks[block].jump, block, graph)
            var number = graph.blocks[block].last
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.uop < Graph.Special.first {
                    choose(Int(number), node, graph, catalog)
                } else if node.uop == Graph.Special.store {
                    nextUses[Int(number)].0 = use(node.inputs.0, at: positions[Int(number)], UInt32(block), graph)
                }
                number = node.previous
            }
        }
    }

    private mutating func findArguments(of edge: UInt32, _ block: Int, _ graph: borrowing Graph) {
        guard edge != Graph.absent else { return }
        let (target, first) = (Int(graph.edges[Int(edge)].to), Int(graph.edges[Int(edge)].firstArgument))
        for index in 0..<Int(graph.blocks[target].phiCount) {
            nextArgumentUses[first + index] = use(graph.arguments[first + index], at: blocks[block].end, UInt32(block), graph)
        }
    }

    /// The form of a node, and the uses of its inputs: a literal is none.
    @inline(__always)
    private mutating func choose(
        _ number: Int, _ node: Graph.Node, _ graph: borrowing Graph, _ catalog: borrowing FormCatalog
    ) {
        let operation = catalog.operations[Int(node.uop)]
        let form = Self.form(node, operation, graph, catalog)
        forms[number] = form
        let literal = form < 0 || form == operation.frame ? FormShape.none : catalog.shapes[Int(form)].literalInput
        let position = positions[number]
        let count = Int(node.inputCount)
        var next = (Self.never, Self.never, Self.never)
        if count > 2, literal != 2 { next.2 = use(node.inputs.2, at: position, node.block, graph) }
        if count > 1, literal != 1 { next.1 = use(node.inputs.1, at: position, node.block, graph) }
        if count > 0, literal != 0 { next.0 = use(node.inputs.0, at: position, node.block, graph) }
        nextUses[number] = next
    }

    /// The best form for a node: with a literal where its last input is one that a form takes, else with its values in
    /// registers, else with all of them in the frame.
    @inline(__always)
    static func form(
        _ node: Graph.Node, _ operation: OperationForms, _ graph: borrowing Graph, _ catalog: borrowing FormCatalog
    ) -> Int32 {
        if operation.literalCount > 0, node.inputCount > 0 {
            let last = graph.nodes[Int(node.inputCount == 1 ? node.inputs.0 : node.inputCount == 2 ? node.inputs.1 : node.inputs.2)]
            if last.uop == Graph.Special.constant {
                let word = graph.operands[Int(last.operand)]
                for index in 0..<Int32(operation.literalCount)
                where catalog.shapes[Int(operation.firstLiteral + index)].accepts(word) {
                    return operation.firstLiteral + index
                }
            }
        }
        for index in 0..<Int32(operation.plainCount) {
            let number = operation.firstPlain + index * Int32(operation.plainStride)
            if operation.plainCount == 1 || fits(catalog.shapes[Int(number)], node, operation, graph) { return number }
        }
        return operation.frame
    }

    /// Whether the classes of the form's axes are those of the values.
    private static func fits(
        _ shape: FormShape, _ node: Graph.Node, _ operation: OperationForms, _ graph: borrowing Graph
    ) -> Bool {
        for input in 0..<Int(node.inputCount) {
            let value = input == 0 ? node.inputs.0 : input == 1 ? node.inputs.1 : node.inputs.2
            if shape.isFloat(shape.inputAxis(input)) != isFloat(graph.nodes[Int(value)]) { return false }
        }
        return operation.outputCount == 0 || shape.isFloat(shape.outputAxis(0)) == isFloat(node)
    }

    /// Notes that code of a block uses a value; returns the use behind.
    @inline(__always)
    private mutating func use(_ value: Graph.Value, at position: UInt32, _ block: UInt32, _ graph: borrowing Graph) -> UInt32 {
        let index = Int(value)
        let next = ranges[index].nextUse
        ranges[index].nextUse = position
        ranges[index].isUsed = true
        // A phi's argument may be made behind its use, in the block that the edge comes from.
        if graph.nodes[index].block != block { useOutside(value, block, next: next, graph) }
        return next
    }

    @inline(never)
    private mutating func useOutside(_ value: Graph.Value, _ block: UInt32, next: UInt32, _ graph: borrowing Graph) {
        let index = Int(value)
        let first = ranges[index].firstOutsideUse
        if first == Graph.absent || outsideUses[Int(first)].block != block {
            outsideUses.append((block, first))
            ranges[index].firstOutsideUse = UInt32(truncatingIfNeeded: outsideUses.count - 1)
        }
        // The first use from the end of a loop puts it on the loop's list.
        var loop = graph.blocks[Int(block)].loop
        while loop != Graph.absent, ranges[index].start < start(of: loop, graph) {
            if next > blocks[Int(graph.loops[Int(loop)].last)].end {
                loopUses.append((value, firstLoopUse[Int(loop)]))
                firstLoopUse[Int(loop)] = UInt32(truncatingIfNeeded: loopUses.count - 1)
            }
            loop = graph.loops[Int(loop)].parent
        }
    }

    // MARK: What blocks need from outside

    /// From each use back to the definition, along all ways.
    private mutating func findNeeds(_ graph: borrowing Graph) -> Bool {
        firstNeed.fill(graph.blocks.count, with: Graph.absent)
        needs.removeAll()
        let limit = 100_000 + 32 * graph.nodes.count
        for value in 0..<graph.nodes.count where ranges[value].firstOutsideUse != Graph.absent {
            let home = graph.nodes[value].block
            var use = ranges[value].firstOutsideUse
            while use != Graph.absent {
                pending.append(outsideUses[Int(use)].block)
                use = outsideUses[Int(use)].next
            }
            while pending.count > 0 {
                let block = Int(pending.removeLast())
                let known = firstNeed[block]
                if UInt32(truncatingIfNeeded: block) == home { continue }
                if known != Graph.absent, needs[Int(known)].value == UInt32(truncatingIfNeeded: value) { continue }
                needs.append((UInt32(truncatingIfNeeded: value), known))
                firstNeed[block] = UInt32(truncatingIfNeeded: needs.count - 1)
                if needs.count > limit { return false }
                var edge = graph.blocks[block].firstIncoming
                while edge != Graph.absent {
                    pending.append(graph.edges[Int(edge)].from)
                    edge = graph.edges[Int(edge)].nextIncoming
                }
            }
        }
        return true
    }

    @inline(__always)
    private func start(of loop: UInt32, _ graph: borrowing Graph) -> UInt32 {
        blocks[Int(graph.loops[Int(loop)].first)].start
    }

    // MARK: Uses by exits

    private mutating func findExitUses(_ graph: borrowing Graph) {
        exitsBefore.removeAll()
        var last = Graph.absent
        cellEnds.fill(graph.stackCells.count, with: Graph.absent)
        for index in 0..<graph.exits.count {
            let exit = graph.exits[index]
            if exit.node != Graph.absent {
                last = UInt32(truncatingIfNeeded: index)
                if exit.stack != Graph.absent { cellEnds[Int(exit.stack)] = exit.node }
            }
            exitsBefore.append(last)
        }
        for index in 0..<graph.bindings.count {
            let binding = graph.bindings[index]
            guard binding.lastExit >= binding.firstExit, Int(binding.lastExit) < exitsBefore.count else { continue }
            let exit = exitsBefore[Int(binding.lastExit)]
            // The exits that could see it may be gone.
            guard exit != Graph.absent, exit >= binding.firstExit else { continue }
            exitUse(binding.value, at: Int(graph.exits[Int(exit)].node), graph)
        }
        for cell in (0..<graph.stackCells.count).reversed() where cellEnds[cell] != Graph.absent {
            let (value, below) = (graph.stackCells[cell].value, graph.stackCells[cell].below)
            exitUse(value, at: Int(cellEnds[cell]), graph)
            if below != Graph.absent {
                let other = cellEnds[Int(below)]
                if other == Graph.absent || positions[Int(other)] < positions[Int(cellEnds[cell])] {
                    cellEnds[Int(below)] = cellEnds[cell]
                }
            }
        }
    }

    private mutating func exitUse(_ value: Graph.Value, at node: Int, _ graph: borrowing Graph) {
        let index = Int(value)
        let position = positions[node]
        // What is part of another node is computed again from its inputs.
        guard ranges[index].start < position, graph.nodes[index].block != Graph.absent else { return }
        if ranges[index].exitEnd < position { ranges[index].exitEnd = position }
        var loop = graph.blocks[Int(graph.nodes[node].block)].loop
        while loop != Graph.absent, ranges[index].start < start(of: loop, graph) {
            let end = blocks[Int(graph.loops[Int(loop)].last)].end
            if ranges[index].exitEnd < end { ranges[index].exitEnd = end }
            loop = graph.loops[Int(loop)].parent
        }
    }

    // MARK: Pressure

    /// Counts from the end of each block that is part of a loop.
    private mutating func findPressure(_ graph: borrowing Graph, _ catalog: borrowing FormCatalog) {
        pressure.fill(graph.loops.count, with: (0, 0))
        guard graph.loops.count > 0 else { return }
        marks.fill(graph.nodes.count, with: 0)
        for block in 0..<graph.blocks.count where graph.blocks[block].loop != Graph.absent {
            let mark = UInt32(truncatingIfNeeded: block + 1)
            var count: (integers: Int32, floats: Int32) = (0, 0)
            for edge in [graph.blocks[block].fallThrough, graph.blocks[block].jump] where edge != Graph.absent {
                let target = Int(graph.edges[Int(edge)].to)
                var need = firstNeed[target]
                while need != Graph.absent {
                    enter(needs[Int(need)].value, mark, &count, graph)
                    need = needs[Int(need)].next
                }
                let first = Int(graph.edges[Int(edge)].firstArgument)
                for index in 0..<Int(graph.blocks[target].phiCount) { enter(graph.arguments[first + index], mark, &count, graph) }
            }
            var most = count
            var number = graph.blocks[block].last
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if marks[Int(number)] == mark {
                    marks[Int(number)] = 0
                    if Self.isFloat(node) { count.floats -= 1 } else { count.integers -= 1 }
                }
                let form = forms[Int(number)]
                let literal = form < 0 || node.uop >= Graph.Special.first ? FormShape.none : catalog.shapes[Int(form)].literalInput
                for index in 0..<Int(node.inputCount) where index != Int(literal) {
                    enter(node.input(index), mark, &count, graph)
                }
                most = (max(most.integers, count.integers), max(most.floats, count.floats))
                number = node.previous
            }
            var loop = graph.blocks[block].loop
            while loop != Graph.absent {
                let known = pressure[Int(loop)]
                if known.integers >= most.integers, known.floats >= most.floats { break }
                pressure[Int(loop)] = (max(known.integers, most.integers), max(known.floats, most.floats))
                loop = graph.loops[Int(loop)].parent
            }
        }
    }

    @inline(__always)
    private mutating func enter(
        _ value: Graph.Value, _ mark: UInt32, _ count: inout (integers: Int32, floats: Int32), _ graph: borrowing Graph
    ) {
        guard marks[Int(value)] != mark else { return }
        marks[Int(value)] = mark
        if Self.isFloat(graph.nodes[Int(value)]) { count.floats += 1 } else { count.integers += 1 }
    }
}
