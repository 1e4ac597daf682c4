import CStencils

/// The C around a uop's body that makes a stencil of it with values in registers.
extension WrapperWriter {
    /// The number of a literal's hole: it comes behind the immediates.
    package static func literalOperand(of operation: Operation) -> Int { operation.operands.count }

    /// The C function of one variant: a form, an assignment of registers, and the values of literal and cell.
    package static func variant(
        _ form: RegisterForm, symbol: String, _ assignment: [Int], literal: UInt64? = nil, cell: Int64? = nil
    ) -> String {
        let operation = form.operation
        var lines = ["UOP_REGISTER_STENCIL(\(symbol))", "{"]
        lines.append("    UOP_UNDEFINED; int control = UOP_CONTROL_NEXT;")
        for (index, input) in operation.inputs.enumerated() {
            lines.append("    UOP_TYPE_\(input.kindName) in\(index);")
            if let axis = form.inputAxes[index] {
                lines.append("    __builtin_memcpy(&in\(index), &\(register(form, axis, assignment)), 8);")
            } else {
                lines.append("    in\(index) = (UOP_TYPE_\(input.kindName))UINT64_C(\(literal ?? 0));")
            }
        }
        for (index, output) in operation.outputs.enumerated() { lines.append("    UOP_TYPE_\(output.kindName) out\(index);") }
        let needsLeaving = operation.has(UOP_FLAG_EXITS)
        let leaving = "    if (RARELY(control == UOP_CONTROL_EXIT)) {\n"
            + exitValues(form, assignment).map { "        \($0)\n" }.joined()
            + "        UOP_GO_REGISTERS(UOP_EXIT_TARGET_REGISTERS);\n    }"
        lines += bodies(form, cell: cell, leaving: needsLeaving ? leaving : nil)
        for index in operation.outputs.indices {
            lines.append("    __builtin_memcpy(&\(register(form, form.outputAxes[index], assignment)), &out\(index), 8);")
        }
        if operation.has(UOP_FLAG_JUMPS) {
            lines.append("    if (control == UOP_CONTROL_JUMP) UOP_GO_REGISTERS(UOP_JUMP_TARGET_REGISTERS);")
        }
        lines += ["    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);", "}", ""]
        return lines.joined(separator: "\n")
    }

    private static func register(_ form: RegisterForm, _ axis: Int, _ assignment: [Int]) -> String {
        (form.axisIsFloat[axis] ? "UOP_FLOAT" : "UOP_INTEGER") + "(\(assignment[axis]))"
    }

    /// The calls of one or two bodies.
    private static func bodies(_ form: RegisterForm, cell: Int64?, leaving: String?) -> [String] {
        let operation = form.operation
        let operands = operation.operands.enumerated().map { index, operand in
            if let cell, operand.kind == .CELL { return "(uint64_t)INT64_C(\(cell))" }
            return value(of: operand, index, form.isWide ? .wide : .narrow)
        }
        let inputs = operation.inputs.indices.map { "in\($0)" }
        let last = operation.second ?? operation.first
        var outputs = operation.outputs.indices.map { "&out\($0)" }
        var lines: [String] = []
        if last.has(UOP_FLAG_GUARD) {
            // A guard's body need not write its outputs, and nobody reads them.
            for output in last.outputs { lines.append("    UOP_TYPE_\(output.kindName) unused_\(output.name);") }
            outputs = last.outputs.map { "&unused_\($0.name)" }
        }
        let (first, second) = (operation.first, operation.second)
        guard let second else {
            lines.append(call(first, inputs + outputs + operands))
            return lines + (leaving.map { [$0] } ?? [])
        }
        let kept = second.inputs.count - 1
        lines.append("    UOP_TYPE_\(first.outputs[0].kindName) between;")
        lines.append(call(first, inputs.dropFirst(kept) + ["&between"] + operands.prefix(first.operands.count)))
        if first.has(UOP_FLAG_EXITS), let leaving { lines.append(leaving) }
        lines.append(call(second, inputs.prefix(kept) + ["between"] + outputs + operands.dropFirst(first.operands.count)))
        if second.has(UOP_FLAG_EXITS), let leaving { lines.append(leaving) }
        return lines
    }

    private static func call(_ uop: Definition, _ arguments: [String]) -> String {
        "    uop_body_\(uop.name)(\((["frame"] + arguments + ["&control"]).joined(separator: ", ")));"
    }

    /// What an exit hands on in the registers of outputs: an input that was there is still there, or is computed
    /// again; anything else is not looked at, and may as well be the output.
    private static func exitValues(_ form: RegisterForm, _ assignment: [Int]) -> [String] {
        let operation = form.operation
        func isSame(_ a: Int?, _ b: Int) -> Bool {
            a.map { form.axisIsFloat[$0] == form.axisIsFloat[b] && assignment[$0] == assignment[b] } ?? false
        }
        return operation.outputs.indices.compactMap { index in
            let axis = form.outputAxes[index]
            let target = register(form, axis, assignment)
            let sharing = operation.inputs.indices.filter { isSame(form.inputAxes[$0], axis) }
            if sharing.isEmpty { return "__builtin_memcpy(&\(target), &out\(index), 8);" }
            guard sharing.count == 1, operation.second == nil, index == 0 else { return nil }
            let input = sharing[0]
            guard operation.has(input == 0 ? UOP_FLAG_RECOVERS_FIRST : UOP_FLAG_RECOVERS_SECOND), input < 2 else { return nil }
            let other = operation.inputs.count > 1 ? "(uint64_t)in\(1 - input)" : "0"
            return "\(target) = uop_recover_\(input)_\(operation.first.name)(\(other), UOP_OPAQUE_((uint64_t)out\(index)));"
        }
    }
}
