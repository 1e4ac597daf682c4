import CStencils

/// Where values are needed: what assignment knows before it begins.
///
/// Points of the code have positions: nodes in their order, and the ends of blocks. A value's range goes from its
/// definition to its last use, and to the end of every loop in between that it was not made in; it has no gaps.
/// There are two ends: the last use by code, and the last exit that must find the value somewhere.
struct LiveRanges: ~Copyable {
    static let never = UInt32.max

    /// What is known of a value.
    struct Range: BitwiseCopyable {
        /// Where it is made.
        var start: UInt32 = 0
        /// The first use by code behind the definition; then, while assignment goes on, the next one.
        var nextUse = LiveRanges.never
        /// The last position where code needs it, and where an exit does; 0 where none does.
        var codeEnd: UInt32 = 0
        var exitEnd: UInt32 = 0

        var end: UInt32 { max(codeEnd, exitEnd) }
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
    /// By cell of the stack: the last exit that sees it, as a position.
    private var cellEnds = GrowingBuffer<UInt32>(capacity: 256)
    /// By exit: itself, or the last one before it where code leaves.
    private var exitsBefore = GrowingBuffer<UInt32>(capacity: 128)
    /// By position: how many values end there.
    private var ends = GrowingBuffer<(UInt16, UInt16)>(capacity: 512)

    mutating func compute(_ graph: borrowing Graph, _ catalog: borrowing FormCatalog) {
        number(graph)
        findCodeUses(graph, catalog)
        findExitUses(graph)
        findPressure(graph)
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
        ends.fill(Int(position) + 1, with: (0, 0))
    }

    // MARK: Uses by code

    private mutating func findCodeUses(_ graph: borrowing Graph, _ catalog: borrowing FormCatalog) {
        firstLoopUse.fill(graph.loops.count, with: Graph.absent)
        loopUses.removeAll()
        for block in (0..<graph.blocks.count).reversed() {
            let loop = graph.blocks[block].loop
            findArguments(of: graph.blocks[block].fallThrough, block, loop, graph)
            findArguments(of: graph.blocks[block].jump, block, loop, graph)
            var number = graph.blocks[block].last
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                if node.uop < Graph.Special.first {
                    choose(Int(number), node, graph, catalog)
                } else if node.uop == Graph.Special.store {
                    nextUses[Int(number)].0 = use(node.inputs.0, at: positions[Int(number)], loop, graph)
                }
                number = node.previous
            }
        }
    }

    private mutating func findArguments(of edge: UInt32, _ block: Int, _ loop: UInt32, _ graph: borrowing Graph) {
        guard edge != Graph.absent else { return }
        let (target, first) = (Int(graph.edges[Int(edge)].to), Int(graph.edges[Int(edge)].firstArgument))
        for index in 0..<Int(graph.blocks[target].phiCount) {
            nextArgumentUses[first + index] = use(graph.arguments[first + index], at: blocks[block].end, loop, graph)
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
        let (position, loop) = (positions[number], graph.blocks[Int(node.block)].loop)
        let count = Int(node.inputCount)
        var next = (Self.never, Self.never, Self.never)
        if count > 2, literal != 2 { next.2 = use(node.inputs.2, at: position, loop, graph) }
        if count > 1, literal != 1 { next.1 = use(node.inputs.1, at: position, loop, graph) }
        if count > 0, literal != 0 { next.0 = use(node.inputs.0, at: position, loop, graph) }
        nextUses[number] = next
    }

    /// The best form for a node: with a literal where its last input is one that a form takes, else with its values in
    /// registers, else with all of them in the frame.
    @inline(__always)
    private static func form(
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

    /// Notes that code uses a value; returns the use behind.
    @inline(__always)
    private mutating func use(_ value: Graph.Value, at position: UInt32, _ loop: UInt32, _ graph: borrowing Graph) -> UInt32 {
        let index = Int(value)
        let next = ranges[index].nextUse
        ranges[index].nextUse = position
        if ranges[index].codeEnd < position { ranges[index].codeEnd = position }
        if loop != Graph.absent, ranges[index].start < start(of: loop, graph) { extend(value, over: loop, next: next, graph) }
        return next
    }

    /// A value from outside of a loop is needed until its end, as the next iteration uses it again.
    @inline(never)
    private mutating func extend(_ value: Graph.Value, over innermost: UInt32, next: UInt32, _ graph: borrowing Graph) {
        var loop = innermost
        let index = Int(value)
        while loop != Graph.absent, ranges[index].start < start(of: loop, graph) {
            let end = blocks[Int(graph.loops[Int(loop)].last)].end
            if ranges[index].codeEnd < end { ranges[index].codeEnd = end }
            // The first use from the end of the loop puts it on the loop's list.
            if next > end {
                loopUses.append((value, firstLoopUse[Int(loop)]))
                firstLoopUse[Int(loop)] = UInt32(truncatingIfNeeded: loopUses.count - 1)
            }
            loop = graph.loops[Int(loop)].parent
        }
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

    private mutating func findPressure(_ graph: borrowing Graph) {
        pressure.fill(graph.loops.count, with: (0, 0))
        guard graph.loops.count > 0 else { return }
        for value in 0..<graph.nodes.count where ranges[value].codeEnd > 0 {
            let end = Int(ranges[value].codeEnd)
            if Self.isFloat(graph.nodes[value]) { ends[end].1 &+= 1 } else { ends[end].0 &+= 1 }
        }
        var (integers, floats): (Int32, Int32) = (0, 0)
        for block in 0..<graph.blocks.count {
            var most: (integers: Int32, floats: Int32) = (integers, floats)
            var number = graph.blocks[block].first
            while number != Graph.absent {
                let node = graph.nodes[Int(number)]
                let position = Int(positions[Int(number)])
                if ranges[Int(number)].codeEnd > 0 {
                    if Self.isFloat(node) { floats += 1 } else { integers += 1 }
                }
                most = (max(most.integers, integers), max(most.floats, floats))
                if node.uop != Graph.Special.phi {
                    integers -= Int32(ends[position].0)
                    floats -= Int32(ends[position].1)
                }
                number = node.next
            }
            integers -= Int32(ends[Int(blocks[block].end)].0)
            floats -= Int32(ends[Int(blocks[block].end)].1)
            var loop = graph.blocks[block].loop
            while loop != Graph.absent {
                let known = pressure[Int(loop)]
                if known.integers >= most.integers, known.floats >= most.floats { break }
                pressure[Int(loop)] = (max(known.integers, most.integers), max(known.floats, most.floats))
                loop = graph.loops[Int(loop)].parent
            }
        }
    }
}
