import CStencils
import UopRuntime

/// Nodes become steps.
extension RegisterAssignment {
    mutating func assign(_ number: Int, region: Int, _ exits: [RegionExit], _ graph: borrowing Graph) {
        let node = graph.nodes[number]
        if node.uop >= Graph.Special.first {
            switch node.uop {
            case Graph.Special.store: assignStore(number, node, graph)
            case Graph.Special.load, Graph.Special.entry:
                // Words that are overwritten are taken into registers at once; others wait until they are needed.
                if node.uop == Graph.Special.entry, places[number].isStored { return }
                if live.ranges[number].isUsed || live.ranges[number].exitEnd > position {
                    let register = take(isFloat: places[number].isFloat, except: 0)
                    emit(
                        catalog.move.load(isFloat: places[number].isFloat), UInt64(node.operand), registers: local(register))
                    occupy(register, with: UInt32(truncatingIfNeeded: number))
                }
            default: break
            }
            return
        }
        let operation = catalog.operations[Int(node.uop)]
        let form = live.forms[number]
        if form == operation.frame {
            assignFrame(number, node, operation, region, exits, graph)
        } else {
            assignRegisters(number, node, operation, form, region, exits, graph)
        }
    }

    private func input(_ index: Int, of node: Graph.Node) -> UInt32 {
        index == 0 ? node.inputs.0 : index == 1 ? node.inputs.1 : node.inputs.2
    }

    private mutating func useInputs(_ number: Int, _ node: Graph.Node, literal: UInt8) {
        let next = live.nextUses[number]
        if node.inputCount > 0, literal != 0 { live.ranges[Int(node.inputs.0)].nextUse = next.0 }
        if node.inputCount > 1, literal != 1 { live.ranges[Int(node.inputs.1)].nextUse = next.1 }
        if node.inputCount > 2, literal != 2 { live.ranges[Int(node.inputs.2)].nextUse = next.2 }
    }

    // MARK: Values in registers

    private mutating func assignRegisters(
        _ number: Int, _ node: Graph.Node, _ operation: OperationForms, _ form: Int32, _ region: Int,
        _ exits: [RegionExit], _ graph: borrowing Graph
    ) {
        let shape = catalog.shapes[Int(form)]
        var axes: (UInt8, UInt8, UInt8) = (0, 0, 0)
        var locked: UInt32 = 0
        // Those that are in registers stay there while the others are fetched.
        for index in 0..<Int(node.inputCount) {
            let register = places[Int(input(index, of: node))].register
            if register != Self.none, shape.inputAxis(index) != FormShape.none { locked |= 1 << UInt32(register) }
        }
        for index in 0..<Int(node.inputCount) {
            let axis = shape.inputAxis(index)
            guard axis != FormShape.none else { continue }
            let register = fetch(input(index, of: node), graph, except: locked)
            locked |= 1 << UInt32(register)
            Self.set(&axes, axis, register)
        }
        useInputs(number, node, literal: shape.literalInput)
        for output in 0..<Int(operation.outputCount) {
            let axis = shape.outputAxis(output)
            let register: UInt8
            if let tied = tiedInput(axis, node, shape) {
                register = copyIfNeeded(input(tied, of: node), &locked, graph)
            } else {
                register = choose(number + output, node, shape, locked)
                locked |= 1 << UInt32(register)
            }
            Self.set(&axes, axis, register)
        }
        let step = Step(
            form: Int(form), firstOperand: appendOperands(node, operation, shape, graph),
            registers: Step.Registers(Self.number(axes.0), Self.number(axes.1), Self.number(axes.2)))
        finish(step, number, node, operation, region, exits, graph)
        for output in 0..<Int(operation.outputCount) {
            let value = UInt32(truncatingIfNeeded: number + output)
            let register = Self.get(axes, shape.outputAxis(output))
            release(register)
            if !diesHere(value) { occupy(register, with: value) }
        }
    }

    /// The exit, the step, the jump; and inputs that are not needed any more give their registers back.
    private mutating func finish(
        _ template: Step, _ number: Int, _ node: Graph.Node, _ operation: OperationForms, _ region: Int,
        _ exits: [RegionExit], _ graph: borrowing Graph
    ) {
        var step = template
        if node.exit != Graph.absent { step.exit = exitPoint(Int(node.exit), region, exits, graph) }
        for index in 0..<Int(node.inputCount) {
            let value = input(index, of: node)
            let register = places[Int(value)].register
            if register != Self.none, diesHere(value) { release(register) }
        }
        let edge = graph.blocks[block].jump
        guard operation.flags.contains(.jumps), edge != Graph.absent else { return append(step) }
        if operation.flags.contains(.terminator) {
            prepareJump(edge, graph)
            emitMoves(graph)
            let target = graph.edges[Int(edge)].to
            // What only jumps to the block behind is no code.
            if Int(target) == block + 1, node.inputCount == 0, node.exit == Graph.absent { return }
            appendJump(step, to: target)
        } else {
            finishConditional(step, node, edge, graph)
        }
    }

    /// A conditional jump. Where its way has to move values, these are on their own way: in line for a loop that goes
    /// round again, with the jump turned round; out of line otherwise.
    private mutating func finishConditional(_ template: Step, _ node: Graph.Node, _ edge: UInt32, _ graph: borrowing Graph) {
        var step = template
        let target = graph.edges[Int(edge)].to
        prepareJump(edge, graph)
        if moves.count == 0 {
            appendJump(step, to: target)
        } else if graph.edges[Int(edge)].isBack, let form = inverseForm(node, Int32(bitPattern: step.form), graph) {
            step.form = UInt32(bitPattern: form)
            let index = plan.steps.count
            append(step)
            emitMoves(graph)
            appendJump(Step(form: Int(catalog.move.jump), firstOperand: 0), to: target)
            plan.steps[index].target = UInt32(truncatingIfNeeded: plan.steps.count)
        } else {
            step.target = UInt32(truncatingIfNeeded: plan.cold.count) | PlannedCode.coldBit
            isCold = true
            emitMoves(graph)
            appendJump(Step(form: Int(catalog.move.jump), firstOperand: 0), to: target)
            isCold = false
            append(step)
        }
    }

    /// The form of the jump that is taken where a node's is not, with its operands where the node's are.
    private func inverseForm(_ node: Graph.Node, _ form: Int32, _ graph: borrowing Graph) -> Int32? {
        guard let inverse = catalog.inverse(of: node.uop) else { return nil }
        var turned = node
        turned.uop = inverse
        let found = LiveRanges.form(turned, catalog.operations[Int(inverse)], graph, catalog)
        guard found >= 0, catalog.shapes[Int(found)].inputAxes == catalog.shapes[Int(form)].inputAxes,
            catalog.shapes[Int(found)].literalInput == catalog.shapes[Int(form)].literalInput
        else { return nil }
        return found
    }

    /// The input whose register an output takes over, by the form.
    private func tiedInput(_ axis: UInt8, _ node: Graph.Node, _ shape: FormShape) -> Int? {
        for index in 0..<Int(node.inputCount) where shape.inputAxis(index) == axis { return index }
        return nil
    }

    /// The register of an input that will be overwritten: a copy's, if the input is still needed.
    private mutating func copyIfNeeded(_ value: UInt32, _ locked: inout UInt32, _ graph: borrowing Graph) -> UInt8 {
        let place = places[Int(value)]
        if diesHere(value) { return place.register }
        let register = take(isFloat: place.isFloat, except: locked)
        locked |= 1 << UInt32(register)
        append(
            Step(
                form: Int(catalog.move.copy(isFloat: place.isFloat)), firstOperand: plan.operands.count,
                registers: Step.Registers(Self.number(register), Self.number(place.register))))
        return register
    }

    /// The register that an output is made in: the one where it is wanted, or that of an input that is used for the
    /// last time (which an exit finds there all the same), or a free one.
    private mutating func choose(_ output: Int, _ node: Graph.Node, _ shape: FormShape, _ locked: UInt32) -> UInt8 {
        let isFloat = places[output].isFloat
        let mask = isFloat ? floatMask : integerMask
        var dying: UInt32 = 0
        var first = Self.none
        for index in 0..<Int(node.inputCount) where shape.inputAxis(index) != FormShape.none {
            let value = input(index, of: node)
            let register = places[Int(value)].register
            guard mask & (1 << UInt32(register)) != 0, diesHere(value) || fault == .registersOverwriteInputs && index == 0 else { continue }
            dying |= 1 << UInt32(register)
            if first == Self.none { first = register }
        }
        let hint = places[output].hint
        if hint != Self.none, registers[Int(hint)] != Graph.absent, isDead(registers[Int(hint)]) { release(hint) }
        if hint != Self.none, (freeRegisters | dying) & mask & (1 << UInt32(hint)) != 0 { return hint }
        // A value that waits for a register to which it is moved later had better not sit in one that is wanted then, too.
        if hint != Self.none, first != Self.none, loopRegisters & (1 << UInt32(first)) != 0 {
            let others = freeRegisters & mask & ~loopRegisters
            if others != 0 { return UInt8(truncatingIfNeeded: others.trailingZeroBitCount) }
        }
        if first != Self.none { return first }
        return take(isFloat: isFloat, except: locked)
    }

    private mutating func appendOperands(
        _ node: Graph.Node, _ operation: OperationForms, _ shape: FormShape, _ graph: borrowing Graph
    ) -> Int {
        let first = plan.operands.count
        for index in 0..<Int(operation.operandCount) { plan.operands.append(graph.operands[Int(node.operand) + index]) }
        if shape.literalInput != FormShape.none {
            let literal = graph.nodes[Int(input(Int(shape.literalInput), of: node))]
            let word = graph.operands[Int(literal.operand)]
            plan.operands.append(word)
            plan.operands.append(0 &- word)
        }
        return first
    }

    private static func set(_ axes: inout (UInt8, UInt8, UInt8), _ axis: UInt8, _ register: UInt8) {
        switch axis {
        case 0: axes.0 = register
        case 1: axes.1 = register
        default: axes.2 = register
        }
    }

    private static func get(_ axes: (UInt8, UInt8, UInt8), _ axis: UInt8) -> UInt8 {
        axis == 0 ? axes.0 : axis == 1 ? axes.1 : axes.2
    }

    // MARK: Values in the frame

    /// A uop that leaves nothing in registers: everything that is needed behind it, or by its exit, goes to the frame.
    private mutating func assignFrame(
        _ number: Int, _ node: Graph.Node, _ operation: OperationForms, _ region: Int, _ exits: [RegionExit],
        _ graph: borrowing Graph
    ) {
        // The words first: what brings them into the frame has operands of its own.
        var slots: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for index in 0..<Int(node.inputCount) {
            let slot = UInt64(inFrame(input(index, of: node), graph))
            if index == 0 { slots.0 = slot } else if index == 1 { slots.1 = slot } else { slots.2 = slot }
        }
        for register in 0..<Self.registerCount where registers[register] != Graph.absent {
            store(registers[register])
            release(UInt8(register))
        }
        useInputs(number, node, literal: FormShape.none)
        let operands = plan.operands.count
        for index in 0..<Int(operation.operandCount) { plan.operands.append(graph.operands[Int(node.operand) + index]) }
        if node.inputCount > 0 { plan.operands.append(slots.0) }
        if node.inputCount > 1 { plan.operands.append(slots.1) }
        if node.inputCount > 2 { plan.operands.append(slots.2) }
        for output in 0..<Int(operation.outputCount) {
            let value = UInt32(truncatingIfNeeded: number + output)
            plan.operands.append(UInt64(slot(of: value)))
            places[Int(value)].isStored = true
        }
        finish(Step(form: Int(operation.frame), firstOperand: operands), number, node, operation, region, exits, graph)
    }

    /// The word of the frame that has a value.
    private mutating func inFrame(_ value: UInt32, _ graph: borrowing Graph) -> Int {
        let place = places[Int(value)]
        if place.isConstant {
            let slot = slot(of: value)
            emitConstant(graph.operands[Int(graph.nodes[Int(value)].operand)], to: UInt32(slot))
            return slot
        }
        if place.register != Self.none, !place.isStored {
            let slot = slot(of: value)
            emit(catalog.move.store(isFloat: place.isFloat), UInt64(slot), registers: local(place.register))
            places[Int(value)].isStored = true
        }
        return slot(of: value)
    }

    /// A variable's word for a uop that reads it in the frame.
    private mutating func assignStore(_ number: Int, _ node: Graph.Node, _ graph: borrowing Graph) {
        let register = fetch(node.inputs.0, graph, except: 0)
        useInputs(number, node, literal: FormShape.none)
        emit(
            catalog.move.store(isFloat: places[Int(node.inputs.0)].isFloat), UInt64(node.operand), registers: local(register))
    }
}
