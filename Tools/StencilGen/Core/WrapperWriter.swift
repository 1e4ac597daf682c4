import CStencils

/// The C around a uop's body: what makes a stencil of it, or a handler of the interpreter.
package enum WrapperWriter {
    /// Which operand form a stencil has.
    package enum Form: Sendable, Hashable {
        /// Every value operand is a 32-bit hole.
        case narrow
        /// Every value operand is a 64-bit hole.
        case wide
        /// Every value operand and every cell is a literal: the twin that a test compares with.
        case literal([UInt64])

        /// The beginning of the stencil's symbol.
        var prefix: String {
            switch self {
            case .narrow: "uop_narrow_"
            case .wide: "uop_wide_"
            case .literal: "uop_literal_"
            }
        }
    }

    /// Numbers of a stencil's operand holes: immediates first, then inputs, then outputs.
    package static func inputOperand(_ index: Int, of uop: Definition) -> Int { uop.operands.count + index }
    package static func outputOperand(_ index: Int, of uop: Definition) -> Int {
        uop.operands.count + uop.inputs.count + index
    }

    /// The symbol of a uop's stencil. `suffix` tells several literal twins apart.
    package static func stencilSymbol(_ uop: Definition, _ form: Form, suffix: String = "") -> String {
        form.prefix + uop.name + suffix
    }

    /// The C function that is a uop's stencil in a form: inputs are loaded from the frame, outputs
    /// stored to it, at offsets that are operands.
    package static func stencil(_ uop: Definition, _ form: Form, suffix: String = "") -> String {
        var lines = ["// \(uop.name) \(uop.stackEffect)"]
        lines.append("UOP_FRAME_STENCIL(\(stencilSymbol(uop, form, suffix: suffix)))")
        lines.append("{")
        lines.append("    UOP_FRAME_UNDEFINED; int control = UOP_CONTROL_NEXT;")
        let offset = form == .wide ? "UOP_OFFSET_WIDE" : "UOP_OFFSET"
        for (index, input) in uop.inputs.enumerated() {
            lines.append("    UOP_TYPE_\(input.kindName) \(input.name);")
            lines.append("    UOP_LOAD(\(input.name), \(offset)(\(inputOperand(index, of: uop))));")
        }
        let isGuard = uop.has(UOP_FLAG_GUARD)
        lines += uop.outputs.map { "    UOP_TYPE_\($0.kindName) \($0.name);" }
        // A guard's body need not write its outputs.
        if !isGuard { lines += uop.outputs.map { "    UOP_UNWRITTEN(\($0.name));" } }
        let operands = uop.operands.enumerated().map { index, operand in value(of: operand, index, form) }
        lines.append(bodyCall(uop, operands: operands))
        let exit = uop.has(UOP_FLAG_EXITS) ? "UOP_EXIT_TARGET" : "UOP_EXIT_WITHOUT_FLAG"
        lines.append("    if (RARELY(control == UOP_CONTROL_EXIT)) UOP_GO(\(exit));")
        // A guard's outputs are its inputs, in their places.
        for (index, output) in uop.outputs.enumerated() where !isGuard {
            lines.append("    UOP_STORE(\(offset)(\(outputOperand(index, of: uop))), \(output.name));")
        }
        let jump = uop.has(UOP_FLAG_JUMPS) ? "UOP_JUMP_TARGET" : "UOP_JUMP_WITHOUT_FLAG"
        lines.append("    if (control == UOP_CONTROL_JUMP) UOP_GO(\(jump));")
        let next = uop.has(UOP_FLAG_TERMINATOR) ? "UOP_CONTINUE_OF_TERMINATOR" : "UOP_CONTINUE"
        lines += ["    UOP_GO(\(next));", "}", ""]
        return lines.joined(separator: "\n")
    }

    /// A whole file of stencils: the definitions, then each uop's stencils.
    package static func stencilFile(including file: String, stencils: [String], for target: StencilTarget) -> String {
        """
        #define UOP_EMIT_STENCILS
        #define UOP_EMIT_BRIDGES
        #include "UopMagic.h"
        \(target.operandPage.map { "#include \"\($0)\"\n" } ?? "")#include "\(file)"

        \(stencils.joined(separator: "\n"))
        """
    }

    static func value(of operand: Definition.Parameter<UopOperandKind>, _ index: Int, _ form: Form) -> String {
        let word: String
        switch (operand.kind.form, form) {
        case (.absent, _): return "0"
        case (.offset, .literal(let values)) where operand.kind == .CELL: word = "UOP_LITERAL(\(values[index]))"
        case (.offset, .wide): return operand.kind == .CELL ? "UOP_CELL_WIDE(\(index))" : "UOP_OFFSET_WIDE(\(index))"
        case (.offset, _): return operand.kind == .CELL ? "UOP_CELL(\(index))" : "UOP_OFFSET(\(index))"
        case (.value, .narrow): word = "UOP_NARROW(\(index))"
        case (.value, .wide): word = "UOP_WIDE(\(index))"
        case (.value, .literal(let values)): word = "UOP_LITERAL(\(values[index]))"
        }
        return operand.kind == .IMM_F64 ? "UOP_DOUBLE(\(word))" : "(UOP_OPERAND_TYPE_\(operand.kindName))\(word)"
    }

    private static func bodyCall(_ uop: Definition, operands: [String]) -> String {
        let arguments =
            ["frame"] + uop.inputs.map(\.name) + uop.outputs.map { "&\($0.name)" } + operands + ["&control"]
        return "    uop_body_\(uop.name)(\(arguments.joined(separator: ", ")));"
    }

    // MARK: Interpreter

    package static func handlerSymbol(_ uop: Definition) -> String { "uop_handler_\(uop.name)" }

    /// The C function that is a uop's handler: inputs come from the operand stack, operands from the
    /// instruction (UopStencils.h, UopStencilSet, has its layout).
    package static func handler(_ uop: Definition) -> String {
        let exits = uop.has(UOP_FLAG_EXITS)
        let isGuard = uop.has(UOP_FLAG_GUARD)
        var lines = ["// \(uop.name) \(uop.stackEffect)"]
        lines.append(
            "UOP_HANDLER_CONVENTION UOP_HANDLER_RESULT \(handlerSymbol(uop))"
                + "(UopFrame *frame, uint64_t *stack, const uint64_t *code)")
        lines.append("{")
        lines.append("    int control = UOP_CONTROL_NEXT;")
        for (index, input) in uop.inputs.enumerated() {
            lines.append("    UOP_TYPE_\(input.kindName) \(input.name);")
            lines.append("    UOP_POPPED(\(input.name), \(uop.inputs.count - index));")
        }
        lines += uop.outputs.map { "    UOP_TYPE_\($0.kindName) \($0.name);" }
        var word = exits ? 2 : 1
        var operands: [String] = []
        for operand in uop.operands {
            guard operand.kind != .LABEL else {
                operands.append("0")
                continue
            }
            operands.append(
                operand.kind == .IMM_F64
                    ? "UOP_DOUBLE_OPERAND(code[\(word)])" : "(UOP_OPERAND_TYPE_\(operand.kindName))code[\(word)]")
            word += 1
        }
        lines.append(bodyCall(uop, operands: operands))
        if exits {
            lines.append("    if (RARELY(control == UOP_CONTROL_EXIT)) UOP_NEXT(UOP_DESTINATION(code[1]));")
        }
        let popped = uop.has(UOP_FLAG_PEEKS) ? 0 : uop.inputs.count
        for (index, output) in uop.outputs.enumerated() where !isGuard {
            lines.append("    UOP_PUSHED(\(index - popped), \(output.name));")
        }
        let growth = uop.outputs.count - popped
        if growth != 0 { lines.append("    stack += \(growth);") }
        if uop.has(UOP_FLAG_JUMPS) {
            lines.append("    if (control == UOP_CONTROL_JUMP) UOP_NEXT(UOP_DESTINATION(code[\(word)]));")
            word += 1
        }
        lines += ["    UOP_NEXT(code + \(word));", "}", ""]
        return lines.joined(separator: "\n")
    }
}
