package import CStencils

/// What is compiled as one piece: a uop, or two that are fused.
package struct Operation: Sendable, Equatable {
    package var first: Definition
    /// Takes the first's output as its last input.
    package var second: Definition?
    /// Whether its code calls a function: known once it was compiled.
    package var callsHelper = false

    package init(_ first: Definition, _ second: Definition? = nil) {
        self.first = first
        self.second = second
    }

    package var name: String { second.map { "\(first.name)+\($0.name)" } ?? first.name }
    /// The second's inputs lie below the first's on the stack.
    package var inputs: [Definition.Parameter<UopClass>] { (second?.inputs.dropLast() ?? []) + first.inputs }
    /// None for guards: what they give is what they took.
    package var outputs: [Definition.Parameter<UopClass>] {
        let last = second ?? first
        return last.has(UOP_FLAG_GUARD) ? [] : last.outputs
    }
    package var operands: [Definition.Parameter<UopOperandKind>] { first.operands + (second?.operands ?? []) }
    package var hasValueOperand: Bool { first.hasValueOperand || second?.hasValueOperand == true }
    /// Whether operands that are not small need a form of their own.
    package func hasWideForm(_ target: StencilTarget) -> Bool {
        hasValueOperand || target.limitsOffsets && operands.contains { $0.kind.form == .offset }
    }
    /// The operand that is a cell, where a displacement of one byte may be worth forms of its own; nil where there is none.
    package var cellOperand: Int? { hasValueOperand ? nil : operands.firstIndex { $0.kind == .CELL } }
    /// How messages name it.
    package var place: String { first.place + (second.map { " fused with '\($0.name)'" } ?? "") }

    package func has(_ flag: some BinaryInteger) -> Bool { first.has(flag) || second?.has(flag) == true }

    /// Why two uops cannot be fused, or nil.
    static func problem(_ first: Definition, _ second: Definition) -> String? {
        if first.outputs.count != 1 || first.has(UOP_FLAG_GUARD) { return "'\(first.name)' must have one output" }
        guard let input = second.inputs.last else { return "'\(second.name)' must have an input" }
        if input.kind != first.outputs[0].kind { return "the last input of '\(second.name)' must have the class of the output" }
        for uop in [first, second] where uop.has(UOP_FLAG_ESCAPES) || uop.has(UOP_FLAG_JUMPS) && uop == first {
            return "'\(uop.name)' jumps before the other, or runs code of the host"
        }
        if first.operands.count + second.operands.count > UOP_MAX_OPERANDS { return "they have too many operands" }
        return nil
    }
}

/// A way to compile an operation with its values in registers: which input and output is on which axis.
package struct RegisterForm: Sendable, Equatable {
    package var operation: Operation
    /// By axis: whether it is one of float registers.
    package var axisIsFloat: [Bool]
    /// By input: its axis; nil for the literal.
    package var inputAxes: [Int?]
    package var outputAxes: [Int]
    /// The input that is a literal.
    package var literalInput: Int?
    /// Whether value operands are 64-bit holes; or, where there is a form with a displacement of one byte before this one,
    /// whether it is the one for all displacements.
    package var isWide = false
    /// Whether the cell's displacement is one byte.
    package var isNear = false
    package var target: StencilTarget
    package var registers: RegisterFile

    package static func == (a: RegisterForm, b: RegisterForm) -> Bool {
        a.operation == b.operation && a.axisIsFloat == b.axisIsFloat && a.inputAxes == b.inputAxes && a.outputAxes == b.outputAxes
            && a.literalInput == b.literalInput && a.isWide == b.isWide && a.isNear == b.isNear && a.target.isa == b.target.isa
    }

    /// How many registers an axis has.
    package func registerCount(_ axis: Int) -> Int { axisIsFloat[axis] ? registers.floatCount : registers.integerCount }

    /// Every assignment of registers, the last axis fastest.
    package var assignments: [[Int]] {
        axisIsFloat.indices.reduce([[]]) { partial, axis in
            partial.flatMap { prefix in (0..<registerCount(axis)).map { prefix + [$0] } }
        }
    }

    /// The number that tables call an assignment by.
    package static func variant(_ assignment: [Int]) -> Int { assignment.reduce(0) { $0 * Int(UOP_AXIS_SIZE) + $1 } }

    /// Entries that a block of variants has.
    package var variantCount: Int { axisIsFloat.reduce(1) { count, _ in count * Int(UOP_AXIS_SIZE) } }

    /// "registers", "literal", with the classes that variables stand for where there are any.
    package var title: String {
        let classes = axisIsFloat.map { $0 ? "f" : "i" }.joined()
        let tied = outputAxes.contains { inputAxes.contains($0) } ? ", tied" : ""
        let literal = literalInput.map { ", \(operation.inputs[$0].name) literal" } ?? ""
        return "(\(classes)\(tied)\(literal)\(isNear ? ", near" : isWide ? ", wide" : ""))"
    }

    /// All forms without literals; none where the operation cannot have its values in registers.
    package static func forms(
        of operation: Operation, _ target: StencilTarget, _ registers: RegisterFile
    ) -> [RegisterForm] {
        let variables = ["A", "B", "C"].filter { name in
            (operation.inputs + operation.outputs).contains { $0.kindName == name }
        }
        return (0..<(1 << variables.count)).flatMap { choice -> [RegisterForm] in
            let floats = Set(variables.indices.filter { choice >> $0 & 1 == 1 }.map { variables[$0] })
            guard let form = RegisterForm(operation, floats: floats, target, registers) else { return [] }
            var wide = form
            wide.isWide = true
            return operation.hasWideForm(target) ? [form, wide] : [form]
        }
    }

    /// Nil where it takes more registers than there are axes.
    private init?(_ operation: Operation, floats: Set<String>, _ target: StencilTarget, _ registers: RegisterFile) {
        self.target = target
        self.registers = registers
        func isFloat(_ parameter: Definition.Parameter<UopClass>) -> Bool {
            parameter.kind == .F64 || floats.contains(parameter.kindName)
        }
        self.operation = operation
        axisIsFloat = operation.outputs.map(isFloat)
        outputAxes = Array(operation.outputs.indices)
        inputAxes = []
        var excess = operation.inputs.count + operation.outputs.count - Int(UOP_MAX_AXES)
        // What mostly decides a jump is fused with it: its own forms may be few.
        if operation.has(UOP_FLAG_TRUTH) { excess = operation.outputs.count }
        var tied: Set<Int> = []
        for input in operation.inputs {
            // Too many: outputs take over the registers of inputs of their class.
            if excess > 0, let axis = outputAxes.first(where: { !tied.contains($0) && axisIsFloat[$0] == isFloat(input) }) {
                tied.insert(axis)
                inputAxes.append(axis)
                excess -= 1
            } else {
                inputAxes.append(axisIsFloat.count)
                axisIsFloat.append(isFloat(input))
            }
        }
        guard axisIsFloat.count <= UOP_MAX_AXES else { return nil }
    }

    /// The same with a displacement of one byte; nil where there is none.
    package var near: RegisterForm? {
        guard target.findsLiterals, operation.cellOperand != nil else { return nil }
        var form = self
        form.isNear = true
        return form
    }

    /// The same with the last input as a literal; nil where nobody asks for it, or that is no machine integer.
    package var withLiteral: RegisterForm? {
        let inputs = operation.inputs
        guard target.findsLiterals, operation.has(UOP_FLAG_LITERAL), operation.second != nil || !operation.has(UOP_FLAG_TRUTH), !isWide, inputs.count >= 2, inputs[inputs.count - 1].kind == .I64,
            let axis = inputAxes[inputs.count - 1], !outputAxes.contains(axis), axis == axisIsFloat.count - 1
        else { return nil }
        var form = self
        form.axisIsFloat.removeLast()
        form.inputAxes[inputs.count - 1] = nil
        form.literalInput = inputs.count - 1
        return form
    }
}
