import CStencils
import UopVM

/// Statements, and what they do to the state.
extension ProgramWriter {
    /// Writes a uop whose inputs are there.
    ///
    /// - Parameters:
    ///   - exit: where its exit leads; nil for anywhere.
    ///   - arguments: its inputs, where they are named.
    ///   - naming: whether its outputs get names.
    mutating func emit(
        _ number: Int, _ operands: [UInt64] = [], exit: ExitTarget? = nil, arguments: [NamedValue]? = nil,
        naming: Bool = false
    ) {
        let uop = traits.catalog.uops[number]
        let inputs = arguments?.map(\.word) ?? Array(stack.suffix(uop.inputs.count))
        let outputs = outputs(of: uop, operands, inputs)
        var statement = Statement(.uop(number))
        if uop.flags.contains(.exits) {
            statement.exit = exit ?? chooseExit(arguments == nil ? stack : stack + inputs)
        }
        if arguments == nil, !uop.flags.contains(.peeks) { stack.removeLast(uop.inputs.count) }
        var results: [NamedValue] = []
        if naming, !outputs.isEmpty {
            for word in outputs {
                results.append(NamedValue(index: trace.values.count, word: word))
                trace.values.append("v\(trace.values.count)")
            }
        } else {
            stack += outputs
        }
        append(statement, operands, results: results, arguments: arguments ?? [])
        scope += results
    }

    /// The words that a uop pushes.
    private func outputs(of uop: UopCatalog.Uop, _ operands: [UInt64], _ inputs: [Word]) -> [Word] {
        var binding = Binding()
        for (index, kind) in uop.operands.enumerated() {
            switch kind {
            case .LOCAL_READ, .LOCAL_WRITE: binding.variables[.A] = program.locals[Int(operands[index])].valueClass
            case .HELPER: binding.helper = program.helpers[Int(operands[index])]
            default: break
            }
        }
        var exact: [UopClass: Bool] = [:]
        for (index, pattern) in uop.inputs.enumerated() where pattern.isVariable {
            _ = binding.accept(inputs[index].valueClass, as: pattern, index)
            exact[pattern] = inputs[index].isExact && exact[pattern] ?? true
        }
        return uop.outputs.map { pattern in
            // What comes from an input has its bits; so has a select's result.
            Word(binding.output(pattern), isExact: exact[pattern] ?? uop.makesDefinedBits)
        }
    }

    private mutating func append(
        _ statement: Statement, _ operands: [UInt64], results: [NamedValue], arguments: [NamedValue]
    ) {
        var statement = statement
        statement.operandCount = UInt8(operands.count)
        if !operands.isEmpty { statement.firstOperand = UInt32(trace.operands.count) }
        trace.operands += operands.map { Operand(word: $0) }
        statement.resultCount = UInt8(results.count)
        statement.argumentCount = UInt8(arguments.count)
        if !results.isEmpty || !arguments.isEmpty { statement.firstValueUse = UInt32(trace.valueUses.count) }
        trace.valueUses += (results + arguments).map { ValueUse(value: $0.index) }
        trace.statements.append(statement)
    }

    // MARK: Labels

    /// A label that is still to be placed.
    mutating func newLabel() -> Int {
        trace.labels.append("l\(trace.labels.count)")
        return trace.labels.count - 1
    }

    /// Places a label that control comes to from above, and that is jumped back to: any float64 may be there.
    mutating func placeHeader() -> Header {
        for index in stack.indices { stack[index] = Word(stack[index].valueClass) }
        let label = newLabel()
        trace.statements.append(Statement(.label(label)))
        return Header(label: label, stack: stack, scope: scope)
    }

    /// A label that is still to be placed, with one more way to it: from here.
    func arriving(at forward: ForwardLabel) -> ForwardLabel {
        var result = forward
        for (index, word) in stack.enumerated() {
            let valueClass = word.valueClass.joined(with: forward.stack[index].valueClass) ?? word.valueClass
            result.stack[index] = Word(valueClass, isExact: word.isExact && forward.stack[index].isExact)
        }
        result.scope = zip(scope, forward.scope).prefix { $0 == $1 }.map(\.0)
        return result
    }

    /// Whether the words that stay, and the values that loops around rely on, are the label's, too.
    func canPlace(_ forward: ForwardLabel) -> Bool {
        forward.stack.count >= floor
            && zip(forward.stack, stack.prefix(floor)).allSatisfy { expected, found in
                found.valueClass == expected.valueClass && (found.isExact || !expected.isExact)
            }
            && forward.scope.starts(with: headers.last?.scope ?? [])
    }

    private func canMeet(_ forward: ForwardLabel) -> Bool {
        forward.stack.count == stack.count
            && zip(forward.stack, stack).allSatisfy { $0.valueClass.joined(with: $1.valueClass) != nil }
    }

    /// Makes the stack one that may arrive at the label.
    mutating func shape(for forward: ForwardLabel) {
        if !canMeet(forward) || random.chance(3) { shape(to: forward.stack) }
    }

    /// Places a label that control comes to from above, too.
    mutating func place(_ forward: ForwardLabel) {
        shape(for: forward)
        placeUnreachable(arriving(at: forward))
    }

    /// Places a label that control comes to by jumps only.
    mutating func placeUnreachable(_ forward: ForwardLabel) {
        trace.statements.append(Statement(.label(forward.label)))
        stack = forward.stack
        scope = forward.scope
    }

    /// Uops that nothing leads to: they must be whole, and need not be right.
    mutating func writeDeadCode() {
        for _ in 0..<(1 + random.below(3)) {
            guard let number = random.pick(traits.plain), let operands = deadOperands(traits.catalog.uops[number]) else {
                continue
            }
            append(Statement(.uop(number)), operands, results: [], arguments: [])
        }
    }

    private mutating func deadOperands(_ uop: UopCatalog.Uop) -> [UInt64]? {
        var operands: [UInt64] = []
        for kind in uop.operands {
            let found: Int? =
                switch kind {
                case .LOCAL_READ, .LOCAL_WRITE: random.pick(allLocals)
                case .HELPER: random.pick(program.helpers.indices)
                case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64:
                    program.buffers.firstIndex { $0.element == kind }
                default: nil
                }
            guard let word = random.literal(kind) ?? found.map(UInt64.init) else { return nil }
            operands.append(word)
        }
        return operands
    }
}
