package import UopRuntime

/// Makes plans of regions: walks each once, keeping for every word of the stack the place where it
/// is.
///
/// Keep one and use it again: its memory stays.
package struct Planner: ~Copyable {
    private let library: StencilLibrary
    private var shapes: [UopShape] = []
    private var layout = FrameLayout(localCount: 0, valueCount: 0, bufferCount: 0, helperCount: 0, stackCount: 0)
    private var plan = Plan()
    private var steps = GrowingBuffer<Step>(capacity: 256)
    private var operands = GrowingBuffer<UInt64>(capacity: 1024)

    // While a region is walked:

    private var instruction: Int32 = 0
    /// The place of each word of the stack, deepest first.
    private var stack = GrowingBuffer<Int>(capacity: 64)
    /// By slot of the frame: how many words of the stack are there.
    private var users = GrowingBuffer<Int32>(capacity: 256)
    /// By instruction: its first step.
    private var firstSteps = GrowingBuffer<UInt32>(capacity: 256)
    /// By exit: its first step.
    private var exitSteps = GrowingBuffer<UInt32>(capacity: 64)
    /// Jumps whose target's step was not known yet.
    private var unresolved: [(step: Int, instruction: UInt32)] = []
    /// Whether control comes here from the step before.
    private var isReachable = true
    /// The output of the last step, as long as a store may still take its place over.
    private var lastOutput: (operand: Int, place: Int)?

    /// By uop: its frame form.
    private let forms: [Int]
    private let exitForm: Int
    private let moveForm: Int

    /// - Parameter library: with machine code.
    package init(_ library: StencilLibrary) {
        self.library = library
        forms = (0..<library.uopCount).map { library.frameForm(of: $0) ?? 0 }
        exitForm = library.form(of: .exit)
        moveForm = library.form(of: .move)
    }

    /// Plans all regions, exits last, and hands the steps and their operands to `emit`.
    ///
    /// - Parameters:
    ///   - catalog: the catalog that the regions' uops are numbered by.
    ///   - listing: whether the plan keeps steps and operands, for dumps.
    package mutating func plan<Failure: Error>(
        _ set: RegionSet, catalog: UopCatalog, listing: Bool,
        emit: (UnsafeBufferPointer<Step>, UnsafeBufferPointer<UInt64>) throws(Failure) -> Void
    ) throws(Failure) -> Plan {
        begin(set, catalog)
        for region in set.regions {
            plan.entries.append(steps.count)
            walk(region)
        }
        plan.firstExitStep = steps.count
        planExits(set)
        if listing {
            plan.steps = steps.array
            plan.operands = operands.array
        }
        try unsafe emit(steps.pointer, operands.pointer)
        return plan
    }

    private mutating func begin(_ set: RegionSet, _ catalog: UopCatalog) {
        shapes = catalog.shapes
        layout = set.layout
        plan = Plan()
        plan.entries.reserveCapacity(set.regions.count)
        plan.displaced.reserveCapacity(set.exits.count)
        plan.snapshots = Array(
            repeating: Plan.Snapshot(depth: 0, firstDisplaced: 0, displacedCount: 0), count: set.exits.count)
        steps.removeAll()
        operands.removeAll()
        stack.removeAll()
        users.removeAll()
        for _ in 0...layout.byteCount / FrameLayout.word { users.append(0) }
        lastOutput = nil
    }

    // MARK: Walking

    private mutating func walk(_ region: Region) {
        let count = region.instructions.count
        firstSteps.removeAll()
        unresolved.removeAll(keepingCapacity: true)
        settle(depth: region.entryDepth)
        isReachable = true
        for index in 0..<count {
            let current = region.instructions[index]
            instruction = Int32(index)
            if current.isTarget {
                if isReachable, index > 0 { flush(keeping: 0) }
                settle(depth: Int(current.depth))
            } else if !isReachable {
                settle(depth: Int(current.depth))
            }
            isReachable = true
            firstSteps.append(UInt32(truncatingIfNeeded: steps.count))
            let shape = shapes[Int(current.uop)]
            if shape.flags.contains(.moves) {
                rename(current, shape, region)
            } else {
                emit(current, shape, region)
            }
            if shape.flags.contains(.terminator) { isReachable = false }
        }
        for jump in unresolved { steps[jump.step].target = firstSteps[Int(jump.instruction)] }
    }

    /// Every word in its own slot: the state at labels.
    private mutating func settle(depth: Int) {
        for index in 0..<stack.count { users[slot(stack[index])] -= 1 }
        stack.removeAll()
        for position in 0..<depth { push(layout.stack(position)) }
        lastOutput = nil
    }

    /// Moves the words to their own slots, but for the topmost `keeping`.
    private mutating func flush(keeping: Int) {
        let count = stack.count - keeping
        var moves: [ParallelMove.Move] = []
        for position in 0..<max(0, count) where stack[position] != layout.stack(position) {
            moves.append(.init(from: stack[position], to: layout.stack(position)))
        }
        guard !moves.isEmpty else { return }
        // What stays where it is must not be overwritten: then it moves, too.
        for position in count..<stack.count {
            let place = stack[position]
            if moves.contains(where: { $0.to == place }) { return flush(keeping: 0) }
        }
        append(moves)
        for position in 0..<count { replace(position, by: layout.stack(position)) }
    }

    private mutating func append(_ moves: [ParallelMove.Move]) {
        for move in ParallelMove.sequence(moves, scratch: layout.stack(layout.stackCount - 1)) {
            appendMove(from: move.from, to: move.to)
        }
    }

    // MARK: Renaming

    /// A uop that only moves words: most often no code at all.
    private mutating func rename(_ current: Region.Instruction, _ shape: UopShape, _ region: Region) {
        if shape.writtenLocal >= 0 {
            store(to: Int(region.operands[Int(current.firstOperand) + shape.writtenLocal]))
            return
        }
        let first = stack.count - shape.inputCount
        var outputs = (0, 0, 0)
        for index in 0..<shape.outputCount {
            let source = shape.moveSource(index)
            let place = source >= 0 ? stack[first + source] : Int(region.operands[Int(current.firstOperand)])
            switch index {
            case 0: outputs.0 = place
            case 1: outputs.1 = place
            default: outputs.2 = place
            }
        }
        if !shape.flags.contains(.peeks) { for _ in 0..<shape.inputCount { pop() } }
        if shape.outputCount > 0 { push(outputs.0) }
        if shape.outputCount > 1 { push(outputs.1) }
        if shape.outputCount > 2 { push(outputs.2) }
        lastOutput = nil
    }

    /// The top of the stack goes into a local.
    private mutating func store(to local: Int) {
        // Before the word is popped: its slot must not be taken for what has to be saved.
        if stack[stack.count - 1] != local, users[slot(local)] > 0 { saveUsers(of: local) }
        let place = pop()
        if place == local { return }
        if let output = lastOutput, output.place == place, users[slot(place)] == 0 {
            // The step before stores there at once.
            operands[output.operand] = UInt64(local)
        } else {
            appendMove(from: place, to: local)
        }
        lastOutput = nil
    }

    /// Words of the stack that are still in a local which is about to change get a slot of their own.
    private mutating func saveUsers(of local: Int) {
        var saved: Int?
        for position in 0..<stack.count where stack[position] == local {
            if let saved {
                replace(position, by: saved)
            } else {
                let place = freeSlot(preferring: position)
                appendMove(from: local, to: place)
                replace(position, by: place)
                saved = place
            }
        }
        lastOutput = nil
    }

    // MARK: Code

    private mutating func emit(_ current: Region.Instruction, _ shape: UopShape, _ region: Region) {
        if shape.writtenLocal >= 0 {
            saveUsers(of: Int(region.operands[Int(current.firstOperand) + shape.writtenLocal]))
        }
        if shape.flags.contains(.jumps) { flush(keeping: shape.inputCount) }
        if current.exit != Region.absent { snapshot(Int(current.exit)) }
        let firstOperand = operands.count
        for index in 0..<shape.operandCount { operands.append(region.operands[Int(current.firstOperand) + index]) }
        let firstInput = stack.count - shape.inputCount
        for index in 0..<shape.inputCount { operands.append(UInt64(stack[firstInput + index])) }
        let isGuard = shape.flags.contains(.guards)
        if !isGuard {
            if !shape.flags.contains(.peeks) { for _ in 0..<shape.inputCount { pop() } }
            for _ in 0..<shape.outputCount {
                let place = freeSlot(preferring: stack.count)
                operands.append(UInt64(place))
                push(place)
            }
        }
        // The exit's number stands for its step until those are planned.
        appendStep(
            Step(
                form: forms[Int(current.uop)], firstOperand: firstOperand, target: target(of: current), exit: Int(current.exit)))
        lastOutput =
            !isGuard && shape.outputCount == 1
            ? (operand: operands.count - 1, place: stack[stack.count - 1]) : nil
    }

    private mutating func target(of current: Region.Instruction) -> Int {
        guard current.target != Region.absent else { return 0 }
        if current.target <= UInt32(instruction) { return Int(firstSteps[Int(current.target)]) }
        unresolved.append((steps.count, current.target))
        return 0
    }

    private mutating func snapshot(_ exit: Int) {
        let first = plan.displaced.count
        for position in 0..<stack.count where stack[position] != layout.stack(position) {
            plan.displaced.append((Int32(position), Int32(stack[position])))
        }
        plan.snapshots[exit] = Plan.Snapshot(
            depth: UInt32(stack.count), firstDisplaced: UInt32(first),
            displacedCount: UInt32(plan.displaced.count - first))
    }

    /// Behind the regions: for each exit the moves that its trace needs, and the way out.
    private mutating func planExits(_ set: RegionSet) {
        exitSteps.removeAll()
        for (number, exit) in set.exits.enumerated() {
            exitSteps.append(UInt32(truncatingIfNeeded: steps.count))
            if case .trace = exit.target {
                // The trace expects its words in their own slots; the host reads the snapshot instead.
                let snapshot = plan.snapshots[number]
                append(
                    (0..<Int(snapshot.displacedCount)).map { index in
                        let entry = plan.displaced[Int(snapshot.firstDisplaced) + index]
                        return .init(from: Int(entry.place), to: layout.stack(Int(entry.position)))
                    })
            }
            operands.append(UInt64(number))
            appendStep(Step(form: exitForm, firstOperand: operands.count - 1))
        }
        for index in 0..<plan.firstExitStep where steps[index].exit != Region.absent {
            steps[index].exit = exitSteps[Int(steps[index].exit)]
        }
    }

    private mutating func appendMove(from: Int, to: Int) {
        operands.append(UInt64(from))
        operands.append(UInt64(to))
        appendStep(
            Step(
                form: moveForm, firstOperand: operands.count - 2, exit: Int(Region.absent)))
        lastOutput = nil
    }

    private mutating func appendStep(_ step: Step) {
        steps.append(step)
    }

    // MARK: Slots

    private func slot(_ place: Int) -> Int { place / FrameLayout.word }

    private mutating func push(_ place: Int) {
        stack.append(place)
        users[slot(place)] += 1
    }

    @discardableResult
    private mutating func pop() -> Int {
        let place = stack.removeLast()
        users[slot(place)] -= 1
        return place
    }

    private mutating func replace(_ position: Int, by place: Int) {
        users[slot(stack[position])] -= 1
        stack[position] = place
        users[slot(place)] += 1
    }

    /// A slot of the stack that no word is in: the position's own if possible. There are more slots than
    /// words; the last one is for turning cycles.
    private func freeSlot(preferring position: Int) -> Int {
        if users[slot(layout.stack(position))] == 0 { return layout.stack(position) }
        for index in 0..<layout.stackCount - 1 where users[slot(layout.stack(index))] == 0 {
            return layout.stack(index)
        }
        preconditionFailure("the frame has a slot for every word of the stack, and more")
    }
}
