extension ConstantPass {
    mutating func add(_ amount: UInt32, to cell: Int, _ instruction: TapeInstruction) {
        let known = cells[cell]
        if known.isKnown {
            set(cell, to: (known.value &+ amount) & mask, instruction)
        } else if hasStore(known) {
            // Not known: what is there is an addition, or touches the cell.
            let store = Int(known.store)
            let isAddition = output[store].operation == .add
            let sum = ((isAddition ? output[store].amount : 0) &+ amount) & mask
            if sum == 0 {
                dropStore(known)
            } else {
                output[store].operation = .add
                output[store].amount = sum
            }
            cells.noteStore(cell)
        } else if amount == 0 {
            touch(cell, instruction)
        } else {
            appendStore(.add, amount, known, instruction)
        }
    }

    mutating func set(_ cell: Int, to value: UInt32, _ instruction: TapeInstruction) {
        var known = cells[cell]
        if known.isKnown && known.value == value {
            touch(cell, instruction)
            return
        }
        let isThere = hasStore(known)
        if isThere {
            output[Int(known.store)].operation = .set
            output[Int(known.store)].amount = value
        }
        (known.value, known.valueSince) = (value, current)
        if isThere {
            cells[cell] = known
            cells.noteStore(cell)
        } else {
            appendStore(.set, value, known, instruction)
        }
    }

    /// A use that changes nothing.
    mutating func touch(_ cell: Int, _ instruction: TapeInstruction) {
        let known = cells[cell]
        if !known.isProven { appendStore(.touch, 0, known, instruction) }
    }

    /// Whether a store to the cell can be made where one was made before.
    @inline(__always)
    private func hasStore(_ known: KnownCell) -> Bool { known.store >= barrier }

    /// Undoes an addition.
    private mutating func dropStore(_ known: KnownCell) {
        var instruction = output[Int(known.store)]
        if known.isStoreFirstUse {
            instruction.operation = .touch
        } else {
            var entry = known
            entry.store = -1
            cells[known.cell] = entry
            instruction.operation = .move
            instruction.offset = 0
        }
        instruction.amount = 0
        output[Int(known.store)] = instruction
    }

    private mutating func appendStore(
        _ operation: TapeInstruction.Operation, _ amount: UInt32, _ known: KnownCell, _ instruction: TapeInstruction
    ) {
        if !known.isProven { print = -1 }
        var entry = known
        entry.isStoreFirstUse = !known.isProven
        entry.store = Int32(truncatingIfNeeded: output.count)
        entry.provenSince = min(known.provenSince, current)
        cells[known.cell] = entry
        if operation != .touch { cells.noteStore(known.cell) }
        var store = TapeInstruction(
            operation, offset: known.cell - pointer, position: Int(instruction.position))
        store.amount = amount
        output.append(store)
    }

    /// Appends an instruction that reads a cell before it uses any other.
    mutating func appendUse(_ instruction: TapeInstruction, _ cell: Int) {
        var used = instruction
        var entry = cells[cell]
        if !entry.isProven { print = -1 }
        // A touch right before is not needed: this is the same use.
        if entry.isStoreFirstUse && hasStore(entry) && Int(entry.store) == output.count - 1
            && output[output.count - 1].operation == .touch && usesOnly(instruction, cell)
        {
            used.position = output.removeLast().position
        }
        entry.store = -1
        entry.provenSince = min(entry.provenSince, current)
        cells[cell] = entry
        output.append(used)
    }

    /// Whether no other cell that an instruction uses may be off the tape.
    private func usesOnly(_ instruction: TapeInstruction, _ cell: Int) -> Bool {
        switch instruction.operation {
        case .multiply: cells[pointer + Int(instruction.offset)].isProven
        case .product: false
        default: true
        }
    }

    /// Notes that a cell was changed in a way that is not followed.
    func changed(_ known: KnownCell) -> KnownCell {
        var entry = known
        entry.valueSince = KnownCell.never
        entry.store = -1
        return entry
    }

    mutating func noteChange(_ cell: Int) {
        cells[cell] = changed(cells[cell])
        cells.noteStore(cell)
    }

    mutating func multiply(_ instruction: TapeInstruction, _ cell: Int) {
        let other = pointer + Int(instruction.other)
        let factor = cells[other]
        if factor.isKnown {
            touch(other, instruction)
            if factor.value != 0 { add(factor.value &* instruction.amount & mask, to: cell, instruction) }
            return
        }
        let isProven = cells[cell].isProven
        if isProven && instruction.amount == 0 {
            touch(other, instruction)
            return
        }
        appendUse(instruction, other)
        // Where the factor is 0 the cell is not used: nothing is proven of it.
        noteChange(cell)
        if !isProven { print = -1 }
    }

    mutating func product(_ instruction: TapeInstruction, _ cell: Int) {
        let factors = [pointer + Int(instruction.other), pointer + instruction.signedAmount]
        let areProven = factors.allSatisfy { cells[$0].isProven }
        if areProven && factors.contains(where: { cells[$0].isKnown && cells[$0].value == 0 }) { return }
        appendUse(instruction, factors[0])
        var second = cells[factors[1]]
        second.store = -1
        second.provenSince = min(second.provenSince, current)
        cells[factors[1]] = second
        if !areProven || !cells[cell].isProven { print = -1 }
        noteChange(cell)
    }

    mutating func scale(_ instruction: TapeInstruction, _ cell: Int) {
        let known = cells[cell]
        if known.isKnown {
            set(cell, to: known.value &* instruction.amount & mask, instruction)
        } else {
            appendUse(instruction, cell)
            noteChange(cell)
        }
    }

    mutating func read(_ instruction: TapeInstruction, _ cell: Int) {
        appendUse(instruction, cell)
        noteChange(cell)
        print = -1
    }

    /// What shows something, and what is shown at `debug` is all of the tape.
    mutating func showAll(_ instruction: TapeInstruction) {
        output.append(instruction)
        endStretch()
    }

    mutating func scan(_ instruction: TapeInstruction) {
        let known = cells[pointer]
        if known.isKnown && known.value == 0 {
            touch(pointer, instruction)
            return
        }
        appendUse(instruction, pointer)
        endStretch()
        startAnew(value: 0)
    }
}
