import CStencils

/// What one uop does to the state.
extension TraceVerifier {
    /// Takes the uop's inputs, checks them, gives its outputs.
    mutating func execute(_ statement: Statement, _ uop: UopCatalog.Uop, _ state: inout State) {
        let before = state.stack
        var binding = Binding()
        bindOperands(statement, uop, &binding)
        let hasArguments = statement.argumentCount > 0
        let inputs = hasArguments ? arguments(of: statement, state) : popped(by: uop, statement, &state.stack)
        for (index, wanted) in uop.inputs.enumerated() {
            check(inputs[index], is: wanted, index, of: uop, statement, &binding)
        }
        let peeks = uop.flags.contains(.peeks)
        // Deepest the stack can be: named arguments are pushed, named results come from the top.
        let inputsEnd = result.stacks.depth(of: before) + (hasArguments ? inputs.count : 0)
        noteDepth(max(inputsEnd, inputsEnd - (peeks ? 0 : inputs.count) + uop.outputs.count), at: statement.location)
        if peeks, !hasArguments { state.stack = before }
        if peeks, hasArguments, !uop.outputs.isEmpty, statement.resultCount == 0 {
            report("'\(uop.name)' leaves its inputs below its outputs: with named arguments, name its outputs, too",
                at: statement.location, note: effect(of: uop))
        }
        let outputs = uop.outputs.map { binding.resolve($0) }
        if statement.resultCount > 0 {
            for (index, output) in outputs.enumerated() {
                let use = trace.valueUses[Int(statement.firstValueUse) + index]
                define(use, output, &state)
            }
        } else {
            for output in outputs { state.stack = result.stacks.push(output, on: state.stack) }
        }
        noteDepth(result.stacks.depth(of: state.stack), at: statement.location)
    }

    /// What class variables and helper parameters stand for in one use of a uop.
    struct Binding {
        private var a: UopClass?
        private var b: UopClass?
        private var c: UopClass?
        var helper: HelperDeclaration?

        /// What A, B or C stands for; nil as long as nothing says.
        subscript(variable: UopClass) -> UopClass? {
            get { variable == .A ? a : variable == .B ? b : c }
            set {
                switch variable {
                case .A: a = newValue
                case .B: b = newValue
                default: c = newValue
                }
            }
        }

        func resolve(_ wanted: UopClass) -> UopClass {
            switch wanted {
            case .A, .B, .C: self[wanted] ?? .I64
            case .RESULT: helper?.result ?? .I64
            default: wanted
            }
        }
    }

    mutating func noteDepth(_ depth: Int, at location: SourceLocation) {
        if depth > limits.stack, result.maximumDepth <= limits.stack {
            report("the stack grows to \(depth) words; the limit is \(limits.stack) (--limit-stack)", at: location)
        }
        result.maximumDepth = max(result.maximumDepth, depth)
    }

    // MARK: Inputs

    /// The top words of the stack, deepest first; nil for words that are missing.
    private mutating func popped(by uop: UopCatalog.Uop, _ statement: Statement, _ stack: inout Int32) -> [UopClass?] {
        var result: [UopClass?] = []
        for _ in uop.inputs {
            if stack == StackStates.empty {
                result.append(nil)
            } else {
                result.append(self.result.stacks.top(of: stack))
                stack = self.result.stacks.below(stack)
            }
        }
        let found = result.count { $0 != nil }
        if found < uop.inputs.count {
            report("'\(uop.name)' takes \(words(uop.inputs.count)) from the stack; found \(found)", at: statement.location,
                note: effect(of: uop))
        }
        return result.reversed()
    }

    private mutating func arguments(of statement: Statement, _ state: State) -> [UopClass?] {
        let first = Int(statement.firstValueUse) + Int(statement.resultCount)
        return (first..<first + Int(statement.argumentCount)).map { index in
            let use = trace.valueUses[index]
            guard values.isDefined(use.value, in: state.defined) else {
                let name = trace.values[use.value]
                report("value '%\(name)' is not defined on every way to this use", at: use.location)
                return nil
            }
            return values.valueClass(of: use.value)
        }
    }

    private mutating func check(
        _ found: UopClass?, is wanted: UopClass, _ index: Int, of uop: UopCatalog.Uop, _ statement: Statement,
        _ binding: inout Binding
    ) {
        // What is missing was reported; it counts as right.
        guard let found else { return }
        var expected = wanted
        switch wanted {
        case .A, .B, .C:
            guard let bound = binding[wanted] else {
                binding[wanted] = found
                return
            }
            // Several inputs of one variable, as of a select: the common class, where there is one.
            if let joined = bound.joined(with: found), !writesLocal(uop) {
                binding[wanted] = joined
                return
            }
            expected = bound
        case .PARAMETER:
            guard let helper = binding.helper, index < helper.parameters.count else { return }
            expected = helper.parameters[index]
        default: break
        }
        if !found.isAssignable(to: expected) {
            let note = found.isObject || !expected.isObject ? effect(of: uop) : "\(effect(of: uop)); _BOX_INT and _BOX_FLOAT make objects"
            report("input \(index + 1) of '\(uop.name)' is \(expected.name); found \(found.name)", at: statement.location,
                note: found == .OBJECT ? "\(effect(of: uop)); a guard makes a known class of an object" : note)
        }
    }

    private func writesLocal(_ uop: UopCatalog.Uop) -> Bool { uop.operands.contains(.LOCAL_WRITE) }

    private func effect(of uop: UopCatalog.Uop) -> String {
        let inputs = uop.inputs.map(\.name).joined(separator: " ")
        let outputs = ((uop.flags.contains(.peeks) ? uop.inputs : []) + uop.outputs).map(\.name).joined(separator: " ")
        return "\(uop.name) ( \(inputs) -- \(outputs) )"
    }

    // MARK: Operands

    /// Locals and helpers bind classes before the inputs are looked at.
    private mutating func bindOperands(_ statement: Statement, _ uop: UopCatalog.Uop, _ binding: inout Binding) {
        for (index, kind) in uop.operands.enumerated() {
            let operand = trace.operands[Int(statement.firstOperand) + index]
            switch kind {
            case .LOCAL_READ, .LOCAL_WRITE:
                binding[.A] = program.locals[Int(operand.word)].valueClass
            case .HELPER:
                let helper = program.helpers[Int(operand.word)]
                binding.helper = helper
                checkSignature(of: helper, uop, operand.location)
            case .IMM_OBJECT:
                if !ObjectWord.isLiteral(operand.word) {
                    report("operand \(index + 1) of '\(uop.name)' is no object literal", at: operand.location)
                }
            default: break
            }
        }
        if uop.flags.contains(.tape), program.tape == nil {
            report("'\(uop.name)' needs a tape; the file declares none", at: statement.location,
                note: "declare one before the trace: tape 30000")
        }
    }

    private mutating func checkSignature(of helper: HelperDeclaration, _ uop: UopCatalog.Uop, _ location: SourceLocation) {
        // Uops of the tape use a helper in a way of their own: a byte out, or a number in.
        let isTape = uop.flags.contains(.tape)
        let parameters = uop.inputs.count { $0 == .PARAMETER }
        let hasResult = uop.outputs.contains(.RESULT)
        if isTape {
            let isInput = helper.parameters.isEmpty && helper.result == .I64
            let isOutput = helper.parameters == [.I64] && helper.result == nil
            if !isInput, !isOutput {
                report("'\(uop.name)' needs a helper that takes nothing and gives i64, or takes i64 and gives nothing",
                    at: location)
            }
        } else if helper.parameters.count != parameters || (helper.result != nil) != hasResult {
            let suffix = helper.result == nil ? "" : "_VALUE"
            let count = helper.parameters.count
            report("helper '\(helper.name)' has \(count) parameter\(count == 1 ? "" : "s") and "
                + "\(helper.result == nil ? "no" : "a") result; '\(uop.name)' passes \(parameters) and takes "
                + "\(hasResult ? "one" : "none")", at: location, note: "_CALL_\(helper.parameters.count)\(suffix) fits")
        }
    }

    // MARK: Results and exits

    private mutating func define(_ use: ValueUse, _ valueClass: UopClass, _ state: inout State) {
        guard let node = values.define(use.value, valueClass, after: state.defined) else {
            report("value '%\(trace.values[use.value])' is defined twice; a value has one definition", at: use.location)
            return
        }
        state.defined = node
    }

    /// The stack at an exit is that before the uop; a trace that it leads to must expect just that.
    mutating func checkExit(_ statement: Statement, _ uop: UopCatalog.Uop, _ state: State) {
        guard case .trace(let index) = statement.exit, uop.flags.contains(.exits) else { return }
        let target = program.traces[index]
        var expected = StackStates.empty
        for entry in target.entry { expected = result.stacks.push(entry, on: expected) }
        var stack = state.stack
        for argument in statement.argumentCount > 0 ? arguments(of: statement, state) : [] {
            stack = result.stacks.push(argument ?? .I64, on: stack)
        }
        _ = checkStack(stack, isLike: expected, place: "where trace '\(target.name)' begins", at: statement.location)
    }
}
