import CStencils
import UopVM

/// What people write, and chance seldom does: loops over buffers, values that turn round, more values than registers,
/// the same computed twice, sums behind comparisons. The optimising passes are there for these.
extension ProgramWriter {
    /// One of them; nothing where the uops or declarations that it needs are missing.
    mutating func writePattern() {
        switch random.below(10) {
        case 0, 1, 2: writeArrayLoop()
        case 3 where crowdCount < 2: writeCrowd()
        case 4: writeTurn()
        case 5, 6: writeTwice()
        default: writeGuardedStep()
        }
    }

    // MARK: Values that turn round

    /// `a, b, c = b, c, a`, or the last one a new value: locals of one class, that are all read before one is written.
    private mutating func writeTurn() {
        guard let (_, own) = random.pick(locals.filter { $0.value.count > 1 }.sorted { $0.key.rawValue < $1.key.rawValue }) else {
            return
        }
        writeTurn(own)
    }

    private mutating func writeTurn(_ own: [Int]) {
        let valueClass = program.locals[own[0]].valueClass
        var chosen = own.shuffled(using: &random)
        chosen.removeLast(max(0, chosen.count - 2 - random.below(4)))
        for local in chosen.dropFirst() { load(local) }
        load(chosen[0])
        if chosen.count > 2, random.chance(2), let operation = random.pick(traits.numbers.operations[valueClass] ?? []) {
            load(chosen[1])
            emit(operation)
        }
        for local in chosen.reversed() { store(local) }
    }

    /// A loop with more values of a class than there are registers, all of which change in it.
    private mutating func writeCrowd() {
        guard let valueClass = random.pick([UopClass.I64, .I64, .F64, .F64, .F64, .INT, .FLOAT]), let counter = makeCounter(),
            let test = random.pick(counter.counting.tests.filter { !$0.jumpsAtEnd })
        else { return }
        crowdCount += 1
        let registers = Int(valueClass == .F64 ? UOP_REGISTER_COUNT - UOP_INTEGER_REGISTER_COUNT : UOP_INTEGER_REGISTER_COUNT)
        let crowd = (0..<registers - 2 + random.below(6)).map { _ in declareLocal(valueClass, random.initialValue(of: valueClass)) }
        start(counter)
        let header = placeHeader()
        headers.append(header)
        // Each is written, so that each is another one in the next iteration.
        for local in crowd {
            if random.chance(3) {
                writeTurn([local] + crowd.filter { $0 != local })
            } else {
                writeOperation(valueClass, on: crowd, into: local)
            }
            if random.chance(6) { writeItem() }
        }
        headers.removeLast()
        shape(to: header.stack)
        count(counter)
        load(counter.local)
        write(test, to: header.label)
    }

    private mutating func writeOperation(_ valueClass: UopClass, on crowd: [Int], into target: Int) {
        load(random.pick(crowd) ?? target)
        load(random.pick(crowd) ?? target)
        if let operation = random.pick(traits.numbers.operations[valueClass] ?? []) { emit(operation) } else { drop() }
        store(target)
    }

    // MARK: Loops over buffers

    /// An index from a number on, as long as it is below a buffer's count (or something like that), with accesses there
    /// and beside it.
    private mutating func writeArrayLoop() {
        let numbers = traits.numbers
        guard let literal = traits.literals[.I64], let buffer = random.pick(program.buffers.indices),
            let test = random.pick(numbers.rangeTests),
            let step = random.pick(random.percent(70) ? numbers.checkedSums : numbers.steps),
            let measured = random.chance(8) ? random.pick(program.buffers.indices) : buffer,
            let size = numbers.sizes[program.buffers[measured].element]
        else { return }
        let index = declareLocal(.I64, .word(random.integer()))
        if random.percent(85) {
            emit(literal, [UInt64(bitPattern: random.percent(75) ? 0 : Int64(random.below(5) - 2))])
            store(index)
        }
        let header = placeHeader()
        let end = newLabel()
        if test.isSwapped { emit(size, [UInt64(measured)]) }
        load(index)
        if !test.isSwapped { emit(size, [UInt64(measured)]) }
        emit(random.percent(90) ? test.truth : random.pick(numbers.comparisons) ?? test.truth)
        emit(test.jump, [UInt64(end)])
        let behind = ForwardLabel(label: end, stack: stack, scope: scope)
        headers.append(header)
        for _ in 0..<1 + random.below(3) {
            writeAccess(buffer, at: index)
            if random.chance(3) { writeItem() }
        }
        headers.removeLast()
        shape(to: header.stack)
        load(index)
        emit(literal, [random.percent(80) ? 1 : random.integer()])
        emit(step)
        store(index)
        emit(traits.jump, [UInt64(header.label)])
        placeUnreachable(behind)
    }

    /// Reads or writes the element that an index local says, or one beside it.
    private mutating func writeAccess(_ buffer: Int, at index: Int) {
        let kind = program.buffers[buffer].element
        let outer = floor
        floor = stack.count
        load(index)
        if random.chance(4), let literal = traits.literals[.I64], let step = random.pick(traits.numbers.steps) {
            emit(literal, [UInt64(random.below(3))])
            emit(step)
        }
        if random.chance(3), let uop = random.pick(traits.numbers.stores[kind] ?? []) {
            floor = stack.count
            produce(traits.catalog.uops[uop].inputs[1], depth: 1)
            emit(uop, [UInt64(buffer)])
        } else if let uop = random.pick(traits.numbers.loads[kind] ?? []) {
            emit(uop, [UInt64(buffer)])
            drop()
        } else {
            drop()
        }
        floor = outer
    }

    // MARK: The same again

    /// The same computed twice from the same locals, with something in between that may change what it depends on.
    private mutating func writeTwice() {
        let buffer = random.chance(2) ? random.pick(program.buffers.indices) : nil
        let loads = buffer.flatMap { traits.numbers.loads[program.buffers[$0].element] } ?? []
        let outer = floor
        floor = stack.count
        defer { floor = outer }
        if let buffer, let uop = random.pick(loads), let literal = traits.literals[.I64], let index = random.pick(locals[.I64] ?? []) {
            // Mostly an element that there is.
            let word: UInt64? = random.percent(70) ? UInt64(random.below(max(1, program.buffers[buffer].count))) : nil
            for isFirst in [true, false] {
                if let word { emit(literal, [word]) } else { load(index) }
                emit(uop, [UInt64(buffer)])
                keep()
                if isFirst { writeBetween(word, index, buffer) }
            }
        } else {
            let valueClass = random.pick([UopClass.I64, .F64, .INT, .FLOAT]) ?? .I64
            guard let operation = random.pick(traits.numbers.operations[valueClass] ?? []),
                let left = random.pick(locals[valueClass] ?? []), let right = random.pick(locals[valueClass] ?? [])
            else { return }
            for isFirst in [true, false] {
                load(left)
                load(right)
                emit(operation)
                keep()
                if isFirst, random.chance(2) { writeItem() }
            }
        }
    }

    /// What may change an element that was read.
    private mutating func writeBetween(_ word: UInt64?, _ index: Int, _ buffer: Int) {
        guard random.chance(2), let literal = traits.literals[.I64],
            let uop = random.pick(traits.numbers.stores[program.buffers[buffer].element] ?? [])
        else { return random.chance(2) ? writeItem() : () }
        let jump = random.chance(3) ? random.pick(traits.conditionalJumps) : nil
        let label = jump == nil ? 0 : newLabel()
        var over: ForwardLabel?
        if let jump {
            guard writeUop(jump, label: label, fresh: true) else {
                trace.statements.append(Statement(.label(label)))
                return
            }
            over = ForwardLabel(label: label, stack: stack, scope: scope)
        }
        if let word { emit(literal, [word]) } else { load(index) }
        let outer = floor
        floor = stack.count
        produce(traits.catalog.uops[uop].inputs[1], depth: 1)
        floor = outer
        emit(uop, [UInt64(buffer)])
        if let over { place(over) }
    }

    /// Puts the top of the stack where its value is seen in the end, if there is such a local.
    private mutating func keep() {
        if let local = random.pick(stack.last.flatMap { locals[$0.valueClass] } ?? []) { store(local) } else { emit(traits.pop) }
    }

    // MARK: Sums behind comparisons

    /// A number that a local may have, or one beside it.
    private mutating func border(of local: Int) -> UInt64 {
        guard random.chance(2), case .word(let word) = program.locals[local].initial else { return random.integer() }
        return word &+ UInt64(random.below(3)) &- 1
    }

    /// A comparison of a local, a guard, and a sum that may fit because of it.
    private mutating func writeGuardedStep() {
        let numbers = traits.numbers
        guard let literal = traits.literals[.I64], let comparison = random.pick(numbers.comparisons), let own = locals[.I64],
            let step = random.pick(numbers.steps), let value = random.pick(own), let other = random.pick(own)
        else { return }
        let outer = floor
        floor = stack.count
        let isSwapped = random.chance(2)
        if !isSwapped { load(value) }
        if random.chance(3) { load(other) } else { emit(literal, [border(of: value)]) }
        if isSwapped { load(value) }
        emit(comparison)
        var over: ForwardLabel?
        if random.chance(2), let jump = random.pick(numbers.jumps) {
            let label = newLabel()
            emit(jump, [UInt64(label)])
            over = ForwardLabel(label: label, stack: stack, scope: scope)
        } else if let uop = random.pick(numbers.guards) {
            emit(uop)
        } else {
            drop()
        }
        load(value)
        emit(literal, [random.percent(60) ? 1 : random.integer()])
        emit(step)
        keep()
        if let over { place(over) }
        floor = outer
    }
}
