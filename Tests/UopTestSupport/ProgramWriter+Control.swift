import CStencils
import UopVM

/// Jumps and loops.
extension ProgramWriter {
    /// One item of a trace or of a loop's body.
    mutating func writeItem() {
        budget -= 1
        switch random.below(100) {
        case 0..<9 where headers.count < 3 && budget > 0: writeLoop()
        case 9..<18: writeJumpForward()
        case 18..<23: placeSome()
        case 23..<27: writeJumpBack()
        case 27..<30: writeSideWay()
        case 30..<32: writeSkip()
        case 32..<38: writeChangeUnderneath()
        case 38..<50: writePattern()
        default: writePlainUop()
        }
    }

    // MARK: Jumps

    /// A conditional jump to a label that comes later.
    private mutating func writeJumpForward() {
        guard let jump = random.pick(traits.conditionalJumps) else { return }
        let open = pending.indices.filter { $0 >= barrier && canPlace(pending[$0]) }
        if random.chance(3), let index = random.pick(open) {
            shape(for: pending[index])
            guard writeUop(jump, label: pending[index].label, fresh: true) else { return }
            pending[index] = arriving(at: pending[index])
        } else if pending.count < barrier + 4 {
            let label = newLabel()
            guard writeUop(jump, label: label) else { return takeBack(label) }
            pending.append(ForwardLabel(label: label, stack: stack, scope: scope))
        }
    }

    /// A label that nothing jumps to stands here: the jump could not be written.
    private mutating func takeBack(_ label: Int) { trace.statements.append(Statement(.label(label))) }

    private mutating func placeSome() {
        let open = pending.indices.filter { $0 >= barrier && canPlace(pending[$0]) }
        if let index = random.pick(open) { place(pending.remove(at: index)) }
    }

    /// A jump to the beginning of a loop around, on a condition.
    private mutating func writeJumpBack() {
        let open = headers.filter {
            $0.stack.count >= floor && zip($0.stack, stack.prefix(floor)).allSatisfy { $0.valueClass == $1.valueClass }
        }
        guard let header = random.pick(open), let jump = random.pick(traits.conditionalJumps) else { return }
        shape(to: header.stack)
        _ = writeUop(jump, label: header.label, fresh: true)
    }

    /// A way out that is taken where a condition does not hold.
    private mutating func writeSideWay() {
        guard let jump = random.pick(traits.conditionalJumps) else { return }
        let label = newLabel()
        guard writeUop(jump, label: label) else { return takeBack(label) }
        let around = ForwardLabel(label: label, stack: stack, scope: scope)
        if random.chance(2) {
            // The words that a loop around needs are no longer needed on this way.
            let kept = floor
            floor = 0
            leave(for: random.below(entries.count))
            floor = kept
        } else {
            emit(traits.leave)
        }
        if random.chance(3) { writeDeadCode() }
        placeUnreachable(around)
    }

    /// Two ways that meet: a jump over the second one at the end of the first.
    private mutating func writeSkip() {
        guard let jump = random.pick(traits.conditionalJumps) else { return }
        let second = newLabel()
        guard writeUop(jump, label: second) else { return takeBack(second) }
        let otherwise = ForwardLabel(label: second, stack: stack, scope: scope)
        writePlainUop()
        let end = newLabel()
        emit(traits.jump, [UInt64(end)])
        let meeting = ForwardLabel(label: end, stack: stack, scope: scope)
        if random.chance(4) { writeDeadCode() }
        placeUnreachable(otherwise)
        writePlainUop()
        place(meeting)
    }

    // MARK: Loops

    /// How a loop counts: what is counted down, by what, and how its end is told.
    struct Counter {
        var counting: UopTraits.Counting
        var step: Int
        var local: Int
        /// Locals that hold the number of rounds, and 1.
        var rounds: Int
        var one: Int
    }

    mutating func writeLoop() {
        switch random.below(10) {
        case 0..<3: writeLoopTestedAtEnd()
        case 3, 4: writeLoopTestedAtTop()
        case 5: writeRotatedLoop()
        case 6: writeLoopWithCounterOnStack()
        case 7, 8: writeRangeLoop()
        default: writeOpenLoop()
        }
    }

    private mutating func writeBody(_ header: Header) {
        headers.append(header)
        for _ in 0..<(1 + random.below(5)) { writeItem() }
        headers.removeLast()
    }

    mutating func makeCounter() -> Counter? {
        guard let counting = random.pick(traits.countings.filter { $0.valueClass != .RANGE }),
            let step = random.pick(counting.steps)
        else { return nil }
        let rounds = 2 + random.below(4)
        func initial(_ value: Int) -> InitialValue { UopProbe.counter(value, of: counting.valueClass).value }
        return Counter(
            counting: counting, step: step, local: declareLocal(counting.valueClass, initial(rounds)),
            rounds: declareLocal(counting.valueClass, initial(rounds)), one: declareLocal(counting.valueClass, initial(1)))
    }

    func tests(_ counting: UopTraits.Counting, jumpingAtEnd: Bool) -> [UopTraits.Test] {
        counting.tests.filter { $0.jumpsAtEnd == jumpingAtEnd }
    }

    /// The uops of a test, on the words that are on the stack.
    mutating func write(_ test: UopTraits.Test, to label: Int) {
        for number in test.chain {
            let operands = traits.catalog.uops[number].operands.map { $0 == .LABEL ? UInt64(label) : 1 }
            emit(number, operands)
        }
    }

    mutating func start(_ counter: Counter) {
        load(counter.rounds)
        store(counter.local)
    }

    /// Pushes 1 and takes it from the counter below it.
    private mutating func takeOne(_ counter: Counter) {
        if counter.counting.valueClass == .I64, let literal = traits.literals[.I64], random.chance(2) {
            emit(literal, [1])
        } else {
            load(counter.one)
        }
        emit(counter.step)
    }

    mutating func count(_ counter: Counter) {
        load(counter.local)
        takeOne(counter)
        store(counter.local)
    }

    private mutating func writeLoopTestedAtEnd() {
        guard let counter = makeCounter(), let test = random.pick(tests(counter.counting, jumpingAtEnd: false)) else { return }
        start(counter)
        let header = placeHeader()
        writeBody(header)
        shape(to: header.stack)
        count(counter)
        load(counter.local)
        write(test, to: header.label)
    }

    private mutating func writeLoopTestedAtTop() {
        guard let counter = makeCounter(), let test = random.pick(tests(counter.counting, jumpingAtEnd: true)) else { return }
        start(counter)
        let header = placeHeader()
        let end = newLabel()
        // What comes before the test is part of each round, the last one included.
        if random.chance(2) { writeName() }
        for _ in 0..<random.below(3) { writePlainUop() }
        shape(to: header.stack)
        load(counter.local)
        write(test, to: end)
        let behind = ForwardLabel(label: end, stack: stack, scope: scope)
        writeBody(header)
        shape(to: header.stack)
        count(counter)
        emit(traits.jump, [UInt64(header.label)])
        if random.chance(4) { writeDeadCode() }
        placeUnreachable(behind)
    }

    /// The test at the bottom, and a jump to it before the loop. The verifier comes to the body last, so
    /// nothing in there jumps to labels behind the loop.
    private mutating func writeRotatedLoop() {
        guard let counter = makeCounter(), let test = random.pick(tests(counter.counting, jumpingAtEnd: false)) else { return }
        start(counter)
        for index in stack.indices { stack[index] = Word(stack[index].valueClass) }
        let bottom = newLabel()
        emit(traits.jump, [UInt64(bottom)])
        let before = ForwardLabel(label: bottom, stack: stack, scope: scope)
        let header = placeHeader()
        let outer = barrier
        barrier = pending.count
        writeBody(header)
        while pending.count > barrier { place(pending.removeLast()) }
        barrier = outer
        shape(to: header.stack)
        count(counter)
        placeUnreachable(before)
        load(counter.local)
        write(test, to: header.label)
    }

    private mutating func writeLoopWithCounterOnStack() {
        guard let counter = makeCounter(), let test = random.pick(tests(counter.counting, jumpingAtEnd: false)) else { return }
        load(counter.rounds)
        let outer = floor
        floor = stack.count
        let header = placeHeader()
        writeBody(header)
        shape(to: header.stack)
        takeOne(counter)
        emit(traits.duplicate)
        write(test, to: header.label)
        floor = outer
    }

    private mutating func writeRangeLoop() {
        guard let counting = traits.countings.first(where: { $0.valueClass == .RANGE }),
            let step = random.pick(counting.steps), let test = random.pick(tests(counting, jumpingAtEnd: true))
        else { return }
        if random.percent(60) {
            load(declareLocal(.RANGE, UopProbe.counter(2 + random.below(4), of: .RANGE).value))
        } else {
            produce(.RANGE, depth: 0)
        }
        let outer = floor
        floor = stack.count
        let header = placeHeader()
        let end = newLabel()
        write(test, to: end)
        let behind = ForwardLabel(label: end, stack: stack, scope: scope)
        emit(step)
        writeBody(header)
        shape(to: header.stack)
        emit(traits.jump, [UInt64(header.label)])
        floor = outer
        placeUnreachable(behind)
    }

    /// A loop that goes on as chance has it; fuel ends it where nothing else does.
    private mutating func writeOpenLoop() {
        guard let jump = random.pick(traits.conditionalJumps) else { return }
        let header = placeHeader()
        writeBody(header)
        shape(to: header.stack)
        _ = writeUop(jump, label: header.label, fresh: true)
    }

    // MARK: The trace as a loop

    /// A loop from the end of the trace to its top.
    struct LoopToTop {
        fileprivate var counter: Counter
        fileprivate var behind: ForwardLabel
    }

    /// The test at the top of the trace. The counter begins with the run: whoever enters the trace again finds it
    /// used up.
    mutating func beginLoopToTop() -> LoopToTop? {
        guard let counter = makeCounter(), let test = random.pick(tests(counter.counting, jumpingAtEnd: true)) else {
            return nil
        }
        let end = newLabel()
        load(counter.local)
        write(test, to: end)
        return LoopToTop(counter: counter, behind: ForwardLabel(label: end, stack: stack, scope: scope))
    }

    mutating func endLoopToTop(_ loop: LoopToTop) {
        shape(to: trace.entry.map { Word($0) })
        count(loop.counter)
        emit(traits.jumpToTop)
        if random.chance(3) { writeDeadCode() }
        placeUnreachable(loop.behind)
    }
}
