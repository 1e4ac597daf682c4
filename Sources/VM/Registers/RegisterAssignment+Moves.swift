import UopRuntime

/// Moves that happen at once: on the way into a block, and where an exit leads into another trace.
extension RegisterAssignment {
    /// From a place to a place. Places are registers, words of the frame, or constants.
    struct Move: BitwiseCopyable {
        var source: UInt32
        var target: UInt32
        var isFloat: Bool
    }

    /// Marks of places that are no registers.
    static let frameBit: UInt32 = 1 << 31
    static let constantBit: UInt32 = 1 << 30

    /// Where a value is, as the source of a move: in a register if possible.
    func source(_ value: UInt32) -> UInt32 {
        let place = places[Int(value)]
        if place.register != Self.none { return UInt32(place.register) }
        if place.isConstant { return Self.constantBit | value }
        precondition(place.slot >= 0, "a value is nowhere")
        return Self.frameBit | UInt32(place.slot)
    }

    mutating func addMove(of value: UInt32, to target: UInt32) {
        let source = source(value)
        if source != target { moves.append(Move(source: source, target: target, isFloat: places[Int(value)].isFloat)) }
    }

    /// Emits the moves: first those whose target no other one reads; what is left are cycles.
    mutating func emitMoves(_ graph: borrowing Graph) {
        if fault == .registersForgetMoves, moves.count > 0 { _ = moves.removeLast() }
        // What has moved already is not free any more.
        var free = freeRegisters
        for index in 0..<moves.count {
            if moves[index].target < UInt32(Self.registerCount) { free &= ~(1 << moves[index].target) }
        }
        while moves.count > 0 {
            var index = 0
            var hasMoved = false
            while index < moves.count {
                if isRead(moves[index].target, except: index) {
                    index += 1
                } else {
                    emit(moves[index], graph)
                    remove(index)
                    hasMoved = true
                }
            }
            if !hasMoved { breakCycle(&free, graph) }
        }
    }

    private func isRead(_ place: UInt32, except index: Int) -> Bool {
        if fault == .registersMoveInOrder { return false }
        for other in 0..<moves.count where other != index && moves[other].source == place { return true }
        return false
    }

    private mutating func remove(_ index: Int) {
        moves[index] = moves[moves.count - 1]
        _ = moves.removeLast()
    }

    /// Lets the source of a move that is part of a cycle be elsewhere: in a register that is free on both sides, or
    /// in the frame.
    private mutating func breakCycle(_ free: inout UInt32, _ graph: borrowing Graph) {
        let first = moves[0]
        var scratch = Self.frameBit | UInt32(layout.scratch)
        let candidates = free & (first.isFloat ? floatMask : integerMask)
        if candidates != 0, first.source < UInt32(Self.registerCount) {
            scratch = UInt32(candidates.trailingZeroBitCount)
            free &= ~(1 << scratch)
        }
        emit(Move(source: first.source, target: scratch, isFloat: first.isFloat), graph)
        for index in 0..<moves.count where moves[index].source == first.source { moves[index].source = scratch }
    }

    private mutating func emit(_ move: Move, _ graph: borrowing Graph) {
        let isToFrame = move.target & Self.frameBit != 0
        if move.source & Self.frameBit != 0 {
            let offset = UInt64(move.source & ~Self.frameBit)
            if isToFrame {
                emit(catalog.move.frameToFrame, offset, registers: Step.Registers())
                plan.operands.append(UInt64(move.target & ~Self.frameBit))
            } else {
                emit(catalog.move.load(isFloat: move.isFloat), offset, registers: local(UInt8(move.target)))
            }
        } else if move.source & Self.constantBit != 0 {
            let word = graph.operands[Int(graph.nodes[Int(move.source & ~Self.constantBit)].operand)]
            if isToFrame { return emitConstant(word, to: move.target & ~Self.frameBit) }
            emit(catalog.move.constant(isFloat: move.isFloat), word, registers: local(UInt8(move.target)))
        } else if isToFrame {
            emit(
                catalog.move.store(isFloat: move.isFloat), UInt64(move.target & ~Self.frameBit),
                registers: local(UInt8(move.source)))
        } else {
            append(
                Step(
                    form: Int(catalog.move.copy(isFloat: move.isFloat)), firstOperand: plan.operands.count,
                    registers: Step.Registers(Self.number(UInt8(move.target)), Self.number(UInt8(move.source)))))
        }
    }

    /// A constant into a word of the frame, through a register that gets its value back.
    mutating func emitConstant(_ word: UInt64, to offset: UInt32) {
        let register = freeRegisters & integerMask == 0 ? 0 : UInt8(truncatingIfNeeded: (freeRegisters & integerMask).trailingZeroBitCount)
        let scratch = UInt64(layout.scratch + FrameLayout.word)
        emit(catalog.move.store(isFloat: false), scratch, registers: local(register))
        emit(catalog.move.constant(isFloat: false), word, registers: local(register))
        emit(catalog.move.store(isFloat: false), UInt64(offset), registers: local(register))
        emit(catalog.move.load(isFloat: false), scratch, registers: local(register))
    }
}
