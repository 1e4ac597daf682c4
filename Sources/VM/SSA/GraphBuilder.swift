import CStencils

/// Makes graphs of regions, in one walk over the instructions.
///
/// Variables are words of the frame. The state at a point of the program (which variable has which value)
/// is an entry in a tree of bindings, the stack an entry in a tree of cells, so that a jump remembers two
/// numbers. `variables` holds the state where the walk is; going on at another point undoes bindings up to
/// where the ways parted, and redoes those on the way down (`GraphBuilder+State.swift`).
///
/// Jumps that lead back are found before the walk, with the variables that their loops assign: these get a
/// phi at the loop's head, and `PhiCleanup` removes those that turn out to be one value. Where ways meet
/// that lead forward, all values are known, and only what differs gets a phi.
///
/// Keep one and use it again: its memory stays.
package struct GraphBuilder: ~Copyable {
    /// A word of the frame that is a local or a named value, at the point where the walk is.
    struct Variable: BitwiseCopyable {
        /// Its innermost binding.
        var binding = Graph.absent
        /// Its value: the binding's or, without one, the word that it had at the entry; `absent` as long as
        /// nobody has asked for that.
        var value = Graph.absent
        /// The node of that word.
        var entry = Graph.absent
        /// The last change of state that it was part of.
        var walk: UInt32 = 0
        /// The last list that it was put on.
        var list: UInt32 = 0
    }

    /// What a jump that leads forward leaves behind for the block that it leads to.
    struct State: BitwiseCopyable {
        var binding: UInt32
        var stack: UInt32
    }

    var treatments: GrowingBuffer<UopTreatment>
    var cleanup = PhiCleanup()

    // The program:

    var layout = FrameLayout(localCount: 0, valueCount: 0, bufferCount: 0, helperCount: 0, stackCount: 0)
    var locals: [LocalDeclaration] = []
    var helpers: [HelperDeclaration] = []
    /// By named value of the trace, and how many named values come before those in the frame.
    var valueClasses: [UopClass] = []
    var firstValueOfTrace = 0
    /// By offset in words.
    var variables = GrowingBuffer<Variable>(capacity: 64)
    /// Variables from this one on are named values.
    var firstNamedValue = 0

    // What is known of jumps before the walk: see GraphBuilder+Targets.swift.

    /// By instruction: 1 more than its entry in `targets`, once that is made; before, 1 more than the first
    /// instruction that jumps there.
    var marks = GrowingBuffer<UInt32>(capacity: 256)
    var targets = GrowingBuffer<JumpTarget>(capacity: 32)
    var plans = GrowingBuffer<LoopPlan>(capacity: 16)
    /// Instructions that give a variable a value.
    var writes = GrowingBuffer<VariableWrite>(capacity: 128)
    /// Whether instructions were repeated, so that a named value may have several definitions.
    var hasCopies = false
    /// Variables that loops assign, one loop after the other.
    var loopVariables = GrowingBuffer<UInt32>(capacity: 64)
    /// The same of loops whose end is not reached yet.
    var openLoopVariables = GrowingBuffer<UInt32>(capacity: 64)

    // The point where the walk is:

    var nextTarget = 0
    var block: UInt32 = 0
    /// The ends of the block's list of nodes.
    var firstNode = Graph.absent
    var lastNode = Graph.absent
    /// The last node of the entry's words, which stand at the beginning of block 0.
    var lastEntry = Graph.absent
    /// The innermost binding, and the top of the stack.
    var head = Graph.absent
    var top = Graph.absent
    /// The innermost loop, an entry of `plans`.
    var openLoop = Graph.absent
    /// Whether the last instruction was the last one of its block, and whether control comes on from it.
    var blockEnded = false
    var isReachable = true
    /// Nodes from this one on come before this point on every way to it.
    var firstDominating = 0
    /// By hash of bits and class: the last constant.
    var constants = GrowingBuffer<UInt32>(capacity: 64)

    // Changes of state:

    var walk: UInt32 = 0
    var firstWalkOfChange: UInt32 = 0
    var list: UInt32 = 0
    /// The variables that the change has touched.
    var changed = GrowingBuffer<UInt32>(capacity: 64)
    var path = GrowingBuffer<UInt32>(capacity: 64)
    /// By edge.
    var edgeStates = GrowingBuffer<State>(capacity: 64)
    var meeting = Meeting()

    /// Steps that were not the work of one instruction, and how many there may be.
    var work = 0
    var workLimit = 0

    /// - Parameter catalog: the catalog that the regions' uops are numbered by.
    package init(_ catalog: UopCatalog) {
        treatments = GrowingBuffer(capacity: catalog.uops.count)
        for (uop, shape) in zip(catalog.uops, catalog.shapes) { treatments.append(UopTreatment(uop, shape)) }
        constants.fill(64, with: Graph.absent)
    }

    /// Makes the graph of a region.
    ///
    /// - Parameters:
    ///   - program: the program that the region is part of: it has the classes of locals and helpers.
    ///   - graph: is overwritten.
    /// - Returns: false where the graph would be out of proportion to the region, as it is where thousands of
    ///   variables change in each of thousands of nested loops. The graph is of no use then.
    package mutating func build(
        _ region: Region, program: VerifiedProgram, layout: FrameLayout, into graph: inout Graph
    ) -> Bool {
        graph.removeAll()
        guard treatments.count <= Int(Graph.Special.first) else { return false }
        begin(program, region, layout)
        findTargets(region)
        let isComplete = walk(region, program, &graph)
        finish(&graph)
        if isComplete {
            cleanup.run(&graph)
            graph.dominators.compute(graph.blocks, graph.edges)
        }
        return isComplete
    }

    private mutating func begin(_ program: VerifiedProgram, _ region: Region, _ layout: FrameLayout) {
        // Numbers of changes and lists never come again, long before they run out.
        if layout != self.layout || variables.count == 0 || max(walk, list) > UInt32.max / 2 {
            self.layout = layout
            firstNamedValue = layout.value(0) / FrameLayout.word
            // Descriptors of buffers are variables that nobody assigns.
            variables.fill(layout.helper(0) / FrameLayout.word, with: Variable())
            (walk, firstWalkOfChange, list) = (0, 0, 0)
        }
        locals = program.program.locals
        helpers = program.program.helpers
        valueClasses = program.traces[region.trace].valueClasses
        firstValueOfTrace = program.traces[region.trace].firstValue
        hasCopies = !region.origins.isEmpty
        nextTarget = 0
        lastEntry = Graph.absent
        head = Graph.absent
        top = Graph.absent
        openLoop = Graph.absent
        blockEnded = false
        isReachable = true
        firstDominating = 0
        edgeStates.removeAll()
        work = 0
        workLimit = 30 * region.instructions.count + 100_000
        beginChange()
        endChange()
    }

    private mutating func walk(_ region: Region, _ program: VerifiedProgram, _ graph: inout Graph) -> Bool {
        let instructions = region.instructions.span
        let words = region.operands.span
        graph.blocks.append(Graph.Block())
        (block, firstNode, lastNode) = (0, Graph.absent, Graph.absent)
        guard work <= workLimit else { return false }
        pushEntryStack(program.program.traces[region.trace].entry, &graph)
        for index in 0..<instructions.count {
            let instruction = instructions[index]
            if instruction.isTarget || blockEnded {
                beginBlock(index, instruction, region, program, &graph)
                if work > workLimit { return false }
            }
            let treatment = treatments[Int(instruction.uop)]
            switch treatment.kind {
            case .read:
                let variable = Int(words[Int(instruction.firstOperand)]) / FrameLayout.word
                push(read(variable, &graph), &graph)
            case .write: write(instruction, treatment, words, &graph)
            case .shuffle: shuffle(treatment, &graph)
            case .constant:
                push(constant(words[Int(instruction.firstOperand)], treatment.classes.0, &graph), &graph)
            case .position:
                let value = constant(words[Int(instruction.firstOperand)], .I64, &graph)
                bind(FrameLayout.position / FrameLayout.word, to: value, &graph)
            case .split: appendParts(index, instruction, treatment, words, &graph)
            case .guards, .plain:
                appendUop(index, instruction, treatment, words, &graph)
                if treatment.jumps { jump(index, instruction, &graph) }
                if treatment.isTerminator { isReachable = false }
                if treatment.jumps || treatment.isTerminator { blockEnded = true }
            }
        }
        return work <= workLimit
    }

    /// The words that the trace is entered with.
    private mutating func pushEntryStack(_ classes: [UopClass], _ graph: inout Graph) {
        for (position, valueClass) in classes.enumerated() {
            push(appendEntry(offset: layout.stack(position), valueClass, &graph), &graph)
        }
    }

    /// Ends what is open, and forgets the state.
    private mutating func finish(_ graph: inout Graph) {
        closeBlock(&graph)
        closeLoops(before: .max, &graph)
        beginChange()
        move(to: Graph.absent, &graph)
        endChange()
        var entry = graph.blocks[0].first
        while entry != Graph.absent, graph.nodes[Int(entry)].uop == Graph.Special.entry {
            let variable = Int(graph.nodes[Int(entry)].operand) / FrameLayout.word
            if variable < variables.count { variables[variable] = Variable() }
            entry = graph.nodes[Int(entry)].next
        }
        for index in 0..<graph.bindings.count where graph.bindings[index].lastExit == Graph.absent {
            // No exit was passed while it was visible.
            graph.bindings[index].firstExit = 1
            graph.bindings[index].lastExit = 0
        }
    }
}
