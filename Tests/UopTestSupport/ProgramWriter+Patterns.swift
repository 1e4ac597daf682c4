import CStencils
import UopVM

/// What people write, and chance seldom does: loops over buffers, values that turn round, more values than registers,
/// the same computed twice, sums behind comparisons. The optimising passes are there for these.
extension ProgramWriter {
    /// One of them; nothing where the uops or declarations that it needs are missing.
    mutating func writePattern() {
        switch random.below(14) {
        case 0, 1, 2: writeArrayLoop()
        case 3 where crowdCount < 2: writeCrowd()
        case 4: writeTurn()
        case 5, 6: writeTwice()
        case 7: writeCallOnOneWay()
        case 8: writeBoundedSum()
        case 9: writeComparisons()
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

    /// A value that one of two ways has to save, because it calls, and that is needed behind another call.
    private mutating func writeCallOnOneWay() {
        let valueClass = random.pick([UopClass.I64, .F64, .INT, .FLOAT]) ?? .I64
        let own = locals[valueClass] ?? []
        guard let jump = random.pick(traits.conditionalJumps), let operation = random.pick(traits.numbers.operations[valueClass] ?? []),
            let value = random.pick(own), let other = random.pick(own), !traits.numbers.calls.isEmpty
        else { return }
        func use(_ writer: inout ProgramWriter) {
            writer.load(value)
            writer.load(other)
            writer.emit(operation)
            writer.store(writer.random.chance(2) ? value : other)
        }
        let outer = floor
        floor = stack.count
        use(&self)
        let second = newLabel()
        if writeUop(jump, label: second) {
            let otherwise = ForwardLabel(label: second, stack: stack, scope: scope)
            writeCall()
            use(&self)
            let end = newLabel()
            emit(traits.jump, [UInt64(end)])
            let meeting = ForwardLabel(label: end, stack: stack, scope: scope)
            placeUnreachable(otherwise)
            use(&self)
            place(meeting)
        } else {
            trace.statements.append(Statement(.label(second)))
        }
        writeCall()
        use(&self)
        floor = outer
    }

    private mutating func writeCall() {
        for _ in 0..<4 {
            if let call = random.pick(traits.numbers.calls), writeUop(call) { return }
        }
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

    /// A number that a local may have, or one beside it; or the end of all numbers that is nearer.
    private mutating func border(of local: Int) -> UInt64 {
        guard random.percent(80), case .word(let word) = program.locals[local].initial else { return random.integer() }
        let isFarFromBoth = Int64(bitPattern: word).magnitude < 1 << 31
        if isFarFromBoth || random.chance(2) { return word &+ UInt64(random.below(3)) &- 1 }
        return word >> 63 == 0 ? (1 << 63) - 1 : 1 << 63
    }

    /// A number with little room above or below it.
    private mutating func nearlyExtreme() -> UInt64 {
        let distance = UInt64(random.below(3))
        return random.chance(3) ? (1 << 63) &+ distance : (1 << 63) &- 1 &- distance
    }

    /// Comparisons of a small number with literals beside it, whose truths are kept, or decide what is.
    private mutating func writeComparisons() {
        guard let literal = traits.literals[.I64] else { return }
        let word = UInt64(bitPattern: Int64(random.below(random.chance(2) ? 200 : 100_000)) - 50)
        let value = declareLocal(.I64, .word(word))
        for _ in 0..<4 {
            guard let comparison = random.pick(traits.numbers.comparisons) else { return }
            load(value)
            emit(literal, [word &+ UInt64(random.below(3)) &- 1])
            emit(comparison)
            guard random.chance(2), let jump = random.pick(traits.numbers.jumps) else {
                keep()
                continue
            }
            let label = newLabel()
            emit(jump, [UInt64(label)])
            let over = ForwardLabel(label: label, stack: stack, scope: scope)
            emit(literal, [random.integer()])
            keep()
            place(over)
        }
    }

    /// A sum or a product of two numbers of which some bits are left: it may fit because of that.
    private mutating func writeBoundedSum() {
        let numbers = traits.numbers
        guard let literal = traits.literals[.I64], let narrow = random.pick(numbers.extensions),
            let mask = random.pick(numbers.masks), let shift = random.pick(numbers.shifts),
            let step = random.pick(random.chance(2) ? numbers.checkedProducts : numbers.checkedSums)
        else { return }
        let outer = floor
        floor = stack.count
        for _ in 0..<2 {
            load(declareLocal(.I64, .word(random.chance(3) ? random.integer() : nearlyExtreme() ^ random.integer())))
            switch random.below(3) {
            case 0: emit(narrow)
            case 1:
                emit(literal, [.max >> UInt64(1 + random.below(40))])
                emit(mask)
            default:
                emit(literal, [UInt64(1 + random.below(40))])
                emit(shift)
            }
        }
        emit(step)
        keep()
        floor = outer
    }

    /// A comparison of a local, a guard, and a sum that may fit because of it.
    private mutating func writeGuardedStep() {
        let numbers = traits.numbers
        guard let literal = traits.literals[.I64], let comparison = random.pick(numbers.comparisons),
            let step = random.pick(random.percent(70) ? numbers.checkedSums : numbers.steps),
            let other = random.pick(locals[.I64] ?? [])
        else { return }
        let value = random.chance(5) ? other : declareLocal(.I64, .word(random.chance(3) ? random.integer() : nearlyExtreme()))
        let outer = floor
        floor = stack.count
        let isSwapped = random.chance(3)
        if !isSwapped { load(value) }
        if random.chance(3) { load(other) } else { emit(literal, [border(of: value)]) }
        if isSwapped { load(value) }
        emit(comparison)
        // Not only the jump needs it.
        if random.chance(3) {
            emit(traits.duplicate)
            keep()
        }
        var over: ForwardLabel?
        if random.chance(2), let jump = random.pick(numbers.jumps) {
            let label = newLabel()
            emit(jump, [UInt64(label)])
            over = ForwardLabel(label: label, stack: stack, scope: scope)
            // The sum on the way that jumps, or on the other one.
            if random.chance(2) {
                let end = newLabel()
                emit(traits.jump, [UInt64(end)])
                placeUnreachable(ForwardLabel(label: label, stack: stack, scope: scope))
                over?.label = end
            }
        } else if let uop = random.pick(numbers.guards) {
            emit(uop)
        } else {
            drop()
        }
        load(value)
        emit(literal, [random.percent(85) ? UInt64(1 + random.below(2)) : random.integer()])
        emit(step)
        keep()
        if let over { place(over) }
        floor = outer
    }
}
