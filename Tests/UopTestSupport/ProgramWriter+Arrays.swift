import CStencils
import UopVM

/// Loops over buffers.
extension ProgramWriter {
    /// An index from a number on, as long as it is below a buffer's count (or something like that), with accesses there
    /// and beside it.
    mutating func writeArrayLoop() {
        let numbers = traits.numbers
        guard let literal = traits.literals[.I64], let buffer = random.pick(program.buffers.indices),
            let test = random.pick(numbers.rangeTests),
            let step = random.pick(random.percent(70) ? numbers.checkedSums : numbers.steps),
            let measured = random.chance(4) ? random.pick(program.buffers.indices) : buffer,
            let size = numbers.sizes[program.buffers[measured].element]
        else { return }
        let index = declareLocal(.I64, .word(random.integer()))
        // Tested before the loop only, it may be anywhere in the next iteration.
        let other = random.chance(3) ? makeCounter() : nil
        if random.percent(85) {
            emit(literal, [UInt64(bitPattern: random.percent(75) ? 0 : Int64(random.below(5) - 2))])
            store(index)
        }
        var header = placeHeader()
        let end = newLabel()
        if test.isSwapped { emit(size, [UInt64(measured)]) }
        load(index)
        if !test.isSwapped { emit(size, [UInt64(measured)]) }
        emit(random.percent(90) ? test.truth : random.pick(numbers.comparisons) ?? test.truth)
        emit(test.jump, [UInt64(end)])
        let behind = ForwardLabel(label: end, stack: stack, scope: scope)
        if let other {
            start(other)
            header = placeHeader()
        }
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
        if let other, let test = random.pick(tests(other.counting, jumpingAtEnd: false)) {
            count(other)
            load(other.local)
            write(test, to: header.label)
            place(behind)
        } else {
            emit(traits.jump, [UInt64(header.label)])
            placeUnreachable(behind)
        }
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
}
