import CStencils
package import UopRuntime
package import UopVM

/// Executes graphs, one node after the other, each by the interpreter's handler of its uop, and says where
/// the result differs from what the interpreter makes of the instructions.
///
/// It shares the handlers with the interpreter, and nothing with any compiler: between exits the frame's
/// locals and operand stack are not looked at, so what an exit leaves behind comes from the graph alone.
package final class SSAInterpreter {
    private final class Box {
        var graph = Graph()
    }

    /// What a node's handler did.
    private enum Outcome: UInt64 {
        case wentOn
        case left
        case jumped
    }

    private let set: RegionSet
    private let shapes: [UopShape]
    private let graphs: [Box]
    private let handlers: [UInt64]
    private let machine: Machine
    /// Rules of the graph that were found broken on the way.
    package private(set) var problems: [String] = []

    /// - Parameter catalog: what the builder believes of the uops.
    package init?(
        _ program: VerifiedProgram, _ set: RegionSet, catalog: UopCatalog, library: StencilLibrary, machine: Machine
    ) {
        self.set = set
        self.machine = machine
        shapes = catalog.shapes
        var builder = GraphBuilder(catalog)
        var graphs: [Box] = []
        for region in set.regions {
            let box = Box()
            guard builder.build(region, program: program, layout: set.layout, into: &box.graph) else { return nil }
            graphs.append(box)
        }
        self.graphs = graphs
        for box in graphs { problems += box.graph.verify(shapes: shapes) }
        var handlers: [UInt64] = []
        for unsafe stencils in unsafe library.sets {
            for index in 0..<Int(unsafe stencils.pointee.uopCount) {
                let handler = unsafe stencils.pointee.handlers[index]
                handlers.append(unsafe UInt64(UInt(bitPattern: unsafeBitCast(handler, to: Int.self))))
            }
        }
        self.handlers = handlers
    }

    /// Runs from the beginning of the first trace.
    ///
    /// - Returns: the number of the exit that leads to the host, and the words on the stack.
    package func run() -> (exit: Int, stack: [UInt64]) {
        var region = 0
        while true {
            let exit = run(region)
            let state = graphs[region].graph.exits[exit]
            materialize(UInt32(exit), graphs[region])
            guard case .trace(let next) = set.exits[Int(state.number)].target else {
                return (Int(state.number), (0..<Int(state.depth)).map { machine[wordAt: set.layout.stack($0)] })
            }
            region = next
        }
    }

    private var values: [UInt64] = []

    /// - Returns: the entry in the graph's exits by which control leaves.
    private func run(_ region: Int) -> Int {
        let box = graphs[region]
        values = Array(repeating: 0xDEAD_BEEF_DEAD_BEEF, count: box.graph.nodes.count)
        var block = 0
        while true {
            var edge = Graph.absent
            var node = box.graph.blocks[block].first
            while node != Graph.absent {
                switch execute(Int(node), box) {
                case .wentOn: break
                case .left: return Int(box.graph.nodes[Int(node)].exit)
                case .jumped: edge = box.graph.blocks[block].jump
                }
                node = box.graph.nodes[Int(node)].next
            }
            if edge == Graph.absent { edge = box.graph.blocks[block].fallThrough }
            follow(edge, box)
            block = Int(box.graph.edges[Int(edge)].to)
        }
    }

    /// All phis at once.
    private func follow(_ edge: UInt32, _ box: Box) {
        let edge = box.graph.edges[Int(edge)]
        let target = box.graph.blocks[Int(edge.to)]
        let words = (0..<Int(target.phiCount)).map { values[Int(box.graph.arguments[Int(edge.firstArgument) + $0])] }
        for (place, word) in words.enumerated() { values[Int(target.firstPhi) + place] = word }
    }

    // MARK: Nodes

    private func execute(_ number: Int, _ box: Box) -> Outcome {
        let node = box.graph.nodes[number]
        switch node.uop {
        case Graph.Special.phi, Graph.Special.output: return .wentOn
        case Graph.Special.entry, Graph.Special.load: values[number] = machine[wordAt: Int(node.operand)]
        case Graph.Special.constant: values[number] = box.graph.operands[Int(node.operand)]
        case Graph.Special.store: machine[wordAt: Int(node.operand)] = values[Int(node.inputs.0)]
        default: return call(number, box)
        }
        return .wentOn
    }

    /// The node's uop as the only instruction of a program.
    private func call(_ number: Int, _ box: Box) -> Outcome {
        let node = box.graph.nodes[number]
        let shape = shapes[Int(node.uop)]
        let halt = unsafe UInt64(UInt(bitPattern: unsafeBitCast(uop_halt_handler(), to: Int.self)))
        let inputs = (0..<shape.inputCount).map { values[Int(box.graph.input($0, of: number))] }
        let operands = (0..<shape.operandCount).filter { $0 != shape.labelOperand }
            .map { box.graph.operands[Int(node.operand) + $0] }
        let outcome = unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 48) { memory in
            unsafe memory.initialize(repeating: 0)
            guard let words = memory.baseAddress else { preconditionFailure("there is no memory for an instruction") }
            let stack = unsafe words + 32
            let count = shape.instructionWords
            func address(_ outcome: Outcome) -> UInt64 {
                unsafe UInt64(UInt(bitPattern: words + count + 2 * Int(outcome.rawValue)))
            }
            var instruction = [handlers[Int(node.uop)]]
            if shape.flags.contains(.exits) { instruction.append(address(.left)) }
            instruction += operands
            if shape.flags.contains(.jumps) { instruction.append(address(.jumped)) }
            for outcome in [Outcome.wentOn, .left, .jumped] { instruction += [halt, outcome.rawValue] }
            for (index, word) in instruction.enumerated() { unsafe words[index] = word }
            for (index, word) in inputs.enumerated() { unsafe stack[index] = word }
            unsafe uop_interpret(machine.frame, stack + inputs.count, words)
            if !shape.flags.contains(.guards) {
                let first = shape.flags.contains(.peeks) ? inputs.count : 0
                for output in 0..<shape.outputCount { unsafe values[number + output] = stack[first + output] }
            }
            return unsafe Outcome(rawValue: machine.frame.pointee.exitIndex)
        }
        guard let outcome else { preconditionFailure("a handler halts as it was told") }
        return outcome
    }

    // MARK: Exits

    /// Writes locals and stack as the exit's bindings and cells say.
    private func materialize(_ number: UInt32, _ box: Box) {
        let exit = box.graph.exits[Int(number)]
        var seen: Set<UInt32> = []
        var binding = exit.binding
        while binding != Graph.absent {
            let current = box.graph.bindings[Int(binding)]
            if seen.insert(current.variable).inserted {
                machine[wordAt: Int(current.variable)] = values[Int(current.value)]
                if number < current.firstExit || number > current.lastExit {
                    problems.append("binding \(binding) is seen by exit entry \(number), outside of its range")
                }
            }
            binding = current.previous
        }
        var (cell, position) = (exit.stack, Int(exit.depth) - 1)
        while cell != Graph.absent {
            machine[wordAt: set.layout.stack(position)] = values[Int(box.graph.stackCells[Int(cell)].value)]
            (cell, position) = (box.graph.stackCells[Int(cell)].below, position - 1)
        }
    }
}

extension SSAInterpreter {
    /// Runs a program by its instructions and by its graphs.
    ///
    /// - Returns: what differs.
    package static func differences(_ item: RandomPrograms.Item, _ setup: CheckedRun.Setup) throws -> [String] {
        let program = try item.program.verified(catalog: setup.catalog)
        var options = Execution.Options()
        options.fuel = item.mode.fuel
        options.counts = item.mode.countsInCheck
        let first = Stop()
        let helpers = FuzzHelpers(program: item.program) { first.stop() }
        let execution = try Execution(program, library: setup.library, helpers: helpers.all, options: options)
        first.machine = execution.machine
        let result = try execution.run(.interpreter)
        let second = Stop()
        let machine = Machine(
            item.program, layout: execution.regions.layout,
            helpers: FuzzHelpers(program: item.program) { second.stop() }.all)
        second.machine = machine
        machine.fuel = item.mode.fuel
        let catalog = item.mode.keepsMoves ? setup.planningCatalogWithMoves : setup.catalog
        guard
            let interpreter = SSAInterpreter(
                program, execution.regions, catalog: catalog, library: setup.library, machine: machine)
        else { return ["a graph is too large"] }
        let (exit, stack) = interpreter.run()
        var comparison = Comparison(program: program)
        comparison.compare(machine.state, execution.machine.state)
        var differences = comparison.differences + interpreter.problems
        if exit != result.exitNumber { differences.append("exit \(exit), the interpreter's is \(result.exitNumber)") }
        let agrees = stack.count == result.stack.count && zip(stack, result.stack).allSatisfy {
            Comparison.agree($0, $1.word, as: $1.valueClass)
        }
        if !agrees { differences.append("stack \(stack), the interpreter's is \(result.stack.map(\.word))") }
        if machine.fuel != execution.machine.fuel { differences.append("another number of jumps back") }
        return differences
    }

    /// What helpers stop.
    private final class Stop {
        // Weak: the machine's helpers hold this object.
        weak var machine: Machine?
        func stop() {
            guard let machine else { return }
            unsafe machine.interruptAddress.pointee = .max
        }
    }
}
