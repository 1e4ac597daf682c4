import CStencils
import UopRuntime

/// What machine code leaves for its exits: enough to put together the state that the interpreter would have.
///
/// Nothing is written out for an exit while code is made: there are the graph's trees of bindings and stack words,
/// and the log of what was in which register. The host looks an exit up when it is taken.
struct ExitStates: Sendable {
    /// What is left of one region's graph and assignment.
    struct RegionState: Sendable {
        var nodes: [Graph.Node]
        var operands: [UInt64]
        var exits: [Graph.Exit]
        var bindings: [Graph.Binding]
        var stackCells: [Graph.StackCell]
        /// By value: its word in the frame, as an offset; -1 where it has none.
        var slots: [Int32]
        /// By instruction of the region as it was compiled: its number in the program's region; empty where they are
        /// the same.
        var origins: [UInt32]
    }

    var regions: [RegionState] = []
    var points: [PlannedCode.ExitPoint] = []
    var log: [PlannedCode.Event] = []

    /// The number of a point's exit in `RegionSet.exits`; nil where it is one that only machine code has.
    func exitNumber(of point: Int) -> Int? {
        let number = exit(of: point).number
        return number == Graph.absent ? nil : Int(number)
    }

    func region(of point: Int) -> Int { Int(points[point].region) }

    /// The instruction of the program's region at which the interpreter goes on.
    func instruction(of point: Int) -> Int {
        let instruction = Int(exit(of: point).instruction)
        let origins = regions[region(of: point)].origins
        return origins.isEmpty ? instruction : Int(origins[instruction])
    }

    func exit(of point: Int) -> Graph.Exit { regions[Int(points[point].region)].exits[Int(points[point].exit)] }

    /// Brings the frame up to date: every variable in its own word, and the words of the stack in theirs.
    ///
    /// - Returns: the depth of the stack.
    func restore(_ machine: Machine, point: Int, layout: FrameLayout, evaluator: UopEvaluator) -> Int {
        let region = regions[Int(points[point].region)]
        let exit = exit(of: point)
        let registers = registers(at: Int(points[point].eventCount))
        func word(_ value: Graph.Value) -> UInt64 {
            if let register = registers.firstIndex(of: value) { return machine.register(register) }
            let node = region.nodes[Int(value)]
            if node.uop == Graph.Special.constant { return region.operands[Int(node.operand)] }
            if node.block == Graph.absent {
                let operands = node.operand == Graph.absent ? 0 : Int(node.operand)
                return evaluator.evaluate(
                    node.uop, inputs: (0..<Int(node.inputCount)).map { word(node.input($0)) },
                    operands: region.operands[operands...], machine)
            }
            return machine[wordAt: Int(region.slots[Int(value)])]
        }
        // All words first: what is written may be what another one is read from.
        var writes: [(offset: Int, word: UInt64)] = []
        var seen: Set<UInt32> = []
        var binding = exit.binding
        while binding != Graph.absent {
            let entry = region.bindings[Int(binding)]
            if seen.insert(entry.variable).inserted { writes.append((Int(entry.variable), word(entry.value))) }
            binding = entry.previous
        }
        var cell = exit.stack
        for position in (0..<Int(exit.depth)).reversed() {
            writes.append((layout.stack(position), word(region.stackCells[Int(cell)].value)))
            cell = region.stackCells[Int(cell)].below
        }
        for write in writes { machine[wordAt: write.offset] = write.word }
        return Int(exit.depth)
    }

    /// What is in each register after so many events.
    func registers(at eventCount: Int) -> [Graph.Value] {
        var result = [Graph.Value?](repeating: nil, count: RegisterAssignment.registerCount)
        var missing = result.count
        var index = eventCount - 1
        while missing > 0, index >= 0 {
            let event = log[index]
            if result[Int(event.register)] == nil {
                result[Int(event.register)] = event.value
                missing -= 1
            }
            index -= 1
        }
        return result.map { $0 ?? Graph.absent }
    }
}

/// Computes a single uop by its handler: values that machine code had no need for.
struct UopEvaluator: Sendable {
    private let handlers: [UInt64]
    private let shapes: [UopShape]

    init(_ library: StencilLibrary, _ catalog: UopCatalog) {
        handlers = InterpreterCode.handlers(library)
        shapes = catalog.shapes
    }

    /// The value of a uop with one output that neither exits nor jumps.
    func evaluate(_ uop: UInt16, inputs: [UInt64], operands: ArraySlice<UInt64>, _ machine: Machine) -> UInt64 {
        var code = [handlers[Int(uop)]] + operands.prefix(shapes[Int(uop)].operandCount)
        unsafe code += [UInt64(UInt(bitPattern: unsafeBitCast(uop_halt_handler(), to: Int.self))), 0]
        var stack = inputs + [UInt64](repeating: 0, count: Int(UOP_MAX_OUTPUTS))
        unsafe stack.withUnsafeMutableBufferPointer { stack in
            unsafe uop_interpret(machine.frame, stack.baseAddress! + inputs.count, code)
        }
        return stack[shapes[Int(uop)].flags.contains(.peeks) ? inputs.count : 0]
    }
}
