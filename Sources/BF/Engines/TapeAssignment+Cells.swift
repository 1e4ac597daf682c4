import UopRuntime
import UopVM

/// Instructions that change cells.
extension TapeAssignment {
    /// How many instructions are looked through for the next use of a cell.
    private static let horizon = 10

    /// A literal of the width of a cell, as code has it.
    private func signed(_ amount: Int) -> Int {
        switch cellBits {
        case .bits8: Int(Int8(truncatingIfNeeded: amount))
        case .bits16: Int(Int16(truncatingIfNeeded: amount))
        case .bits32: Int(Int32(truncatingIfNeeded: amount))
        }
    }

    /// Asks explicitly where the guards are not wide enough to tell; from here on, the cell is on the tape.
    @inline(__always)
    mutating func use(_ offset: Int32) {
        if reach.distance(of: offset) &* cellBits.byteCount > TapeMemory.guardByteCount / 2 { check(offset) }
        reach = Reach(low: offset, high: offset)
    }

    private mutating func check(_ offset: Int32) {
        emit(forms.check, CachedCells.pointer, operand: distance(offset), exit: makeExit(at: current))
    }

    /// The register that has a cell: it is loaded if none has.
    mutating func load(_ offset: Int32) -> Int {
        if let register = cells.find(offset) { return register }
        use(offset)
        let register = cells.take(for: offset)
        emit(forms.load, register, CachedCells.pointer, operand: distance(offset))
        return register
    }

    private mutating func store(_ register: Int, to offset: Int32) {
        emit(forms.store.plain, CachedCells.pointer, register, operand: distance(offset))
    }

    /// Whether the cell's value is wanted soon, so that it had better be in a register.
    private func isWanted(_ offset: Int32, _ region: borrowing TapeRegion) -> Bool {
        guard keepsCells else { return false }
        var offset = offset
        let last = min(region.instructions.count, current + 1 + Self.horizon)
        for index in current + 1..<max(last, current + 1) {
            let next = region.instructions[index]
            switch next.operation {
            case .add, .scale, .write, .touch: if next.offset == offset { return true }
            case .multiply, .product:
                if next.offset == offset || next.other == offset { return true }
                if next.operation == .product, Int32(bitPattern: next.amount) == offset { return true }
            case .set: if next.offset == offset { return false }
            case .loop, .end: return next.offset == offset
            case .branch: if next.offset == offset { return true }
            case .move: offset = offset &- Int32(bitPattern: next.amount)
            case .endBranch: break
            case .scan: return false
            case .read, .print, .debug: return false
            }
        }
        return false
    }

    // MARK: Instructions

    mutating func add(_ amount: Int, to offset: Int32, _ region: borrowing TapeRegion) {
        let literal = signed(amount)
        noteChange(of: offset, by: amount)
        var register = cells.find(offset)
        if register == nil, isWanted(offset, region) { register = load(offset) }
        if let register {
            addLiteral(literal, to: register)
            store(register, to: offset)
        } else {
            use(offset)
            if literal != 0, let form = forms.addToCell.form(for: literal) {
                emit(form, CachedCells.pointer, operand: distance(offset), literal)
            } else {
                let register = cells.takeForNow()
                emit(forms.constant, register, operand: literal)
                emit(forms.addToCell.plain, CachedCells.pointer, register, operand: distance(offset))
            }
        }
    }

    mutating func addLiteral(_ literal: Int, to register: Int) {
        if literal == 0 { return }
        if let form = forms.add.form(for: literal) {
            emit(form, register, register, operand: literal)
        } else {
            let other = cells.takeForNow()
            emit(forms.constant, other, operand: literal)
            emit(forms.add.plain, register, register, other)
        }
    }

    mutating func set(_ offset: Int32, to amount: Int) {
        noteOtherChange(of: offset)
        use(offset)
        cells.drop(offset)
        let literal = signed(amount)
        if let form = forms.store.form(for: literal) {
            emit(form, CachedCells.pointer, operand: distance(offset), literal)
        } else {
            let register = cells.take(for: offset)
            emit(forms.constant, register, operand: literal)
            store(register, to: offset)
        }
    }

    // Machine code uses the changed cell even where a factor is 0. Off the tape that faults, and the interpreter, which
    // does not, goes on to the end: what comes behind the instruction here may rely on the access.

    mutating func multiply(_ instruction: TapeInstruction, _ region: borrowing TapeRegion) {
        let offset = instruction.offset
        noteOtherChange(of: offset)
        let factor = load(instruction.other)
        let literal = signed(Int(instruction.amount))
        if literal == 0 { return touch(offset) }
        if let target = cells.find(offset) ?? (isWanted(offset, region) ? load(offset) : nil) {
            addProduct(factor, literal, to: target)
            store(target, to: offset)
        } else {
            use(offset)
            addProduct(factor, literal, toCell: offset)
        }
    }

    private mutating func addProduct(_ factor: Int, _ literal: Int, to target: Int) {
        if literal == 1 { return emit(forms.add.plain, target, target, factor) }
        if literal == -1 { return emit(forms.subtract.plain, target, target, factor) }
        let product = cells.takeForNow()
        multiply(factor, by: literal, into: product)
        emit(forms.add.plain, target, target, product)
    }

    private mutating func addProduct(_ factor: Int, _ literal: Int, toCell offset: Int32) {
        let distance = distance(offset)
        if literal == 1 { return emit(forms.addToCell.plain, CachedCells.pointer, factor, operand: distance) }
        if literal == -1 { return emit(forms.subtractFromCell, CachedCells.pointer, factor, operand: distance) }
        let product = cells.takeForNow()
        multiply(factor, by: literal, into: product)
        emit(forms.addToCell.plain, CachedCells.pointer, product, operand: distance)
    }

    private mutating func multiply(_ factor: Int, by literal: Int, into product: Int) {
        if let form = forms.multiply.form(for: literal) {
            emit(form, product, factor, operand: literal)
        } else {
            let other = product == factor ? cells.takeForNow() : product
            emit(forms.constant, other, operand: literal)
            emit(forms.multiply.plain, product, factor, other)
        }
    }

    mutating func multiplyCells(_ instruction: TapeInstruction) {
        let offset = instruction.offset
        noteOtherChange(of: offset)
        let left = load(instruction.other)
        let right = load(Int32(bitPattern: instruction.amount))
        let product = cells.takeForNow()
        emit(forms.multiply.plain, product, left, right)
        use(offset)
        cells.drop(offset)
        emit(forms.addToCell.plain, CachedCells.pointer, product, operand: distance(offset))
    }

    mutating func scale(_ offset: Int32, by amount: Int) {
        noteOtherChange(of: offset)
        let register = load(offset)
        multiply(register, by: signed(amount), into: register)
        store(register, to: offset)
    }

    mutating func touch(_ offset: Int32) {
        if cells.find(offset) == nil { _ = load(offset) }
    }

    mutating func move(_ amount: Int32) {
        endCounting()
        cells.move(amount)
        reach.move(amount)
        place.cell += Int(amount)
        addLiteral(distance(amount), to: CachedCells.pointer)
    }
}
