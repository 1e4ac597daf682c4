import CStencils

/// What holds for every program that the parser gives, and must hold for those that front ends build.
extension Program {
    /// Initial values that are none of their class, and memory beyond the limit.
    func declarationErrors(_ limits: Limits) -> [Diagnostic] {
        var errors: [Diagnostic] = []
        for local in locals where !local.initial.isValue(of: local.valueClass) {
            errors.append(
                Diagnostic("local '\(local.name)' does not begin with a value of class \(local.valueClass.name)",
                    at: local.location))
        }
        var bytes = tape?.cells ?? 0
        for buffer in buffers {
            let (size, overflow) = buffer.count.multipliedReportingOverflow(by: buffer.elementSize)
            let (sum, tooMuch) = bytes.addingReportingOverflow(size)
            guard buffer.count >= 0, !overflow, !tooMuch, sum <= limits.memoryBytes, buffer.initial.count <= buffer.count
            else {
                errors.append(
                    Diagnostic(
                        "buffer '\(buffer.name)' of \(buffer.count) elements does not fit: buffers and tape have at most "
                            + "\(limits.memoryBytes) bytes (--limit-memory-bytes), and initial values at most the buffer's count",
                        at: buffer.location))
                continue
            }
            bytes = sum
        }
        if let tape, tape.cells < 1 || tape.cells > limits.memoryBytes {
            errors.append(
                Diagnostic("the tape has \(tape.cells) cells; expected 1 to \(limits.memoryBytes) (--limit-memory-bytes)",
                    at: tape.location))
        }
        for helper in helpers where helper.parameters.count > UOP_MAX_INPUTS {
            errors.append(
                Diagnostic("helper '\(helper.name)' has \(helper.parameters.count) parameters; at most \(UOP_MAX_INPUTS)",
                    at: helper.location))
        }
        for helper in helpers where !(helper.parameters + [helper.result ?? .I64]).allSatisfy(UopClass.concrete.contains) {
            errors.append(Diagnostic("the signature of helper '\(helper.name)' has a class that no value has", at: helper.location))
        }
        for trace in traces where !trace.entry.allSatisfy(UopClass.concrete.contains) {
            errors.append(Diagnostic("trace '\(trace.name)' begins with a class that no value has", at: trace.location))
        }
        for expectation in expectations where !isSound(expectation) {
            errors.append(Diagnostic("an expectation refers to something that does not exist", at: expectation.location))
        }
        return errors
    }

    private func isSound(_ expectation: Expectation) -> Bool {
        switch expectation.kind {
        case .local(let local, _): locals.indices.contains(local)
        case .element(let buffer, let element, _):
            buffers.indices.contains(buffer) && element >= 0 && element < buffers[buffer].count
        case .exit(let exit): exits.indices.contains(exit)
        case .output: true
        }
    }

    /// Indices and counts that refer to nothing: the fault of whoever built the program.
    func structureErrors(of trace: TraceDeclaration, _ catalog: UopCatalog) -> [Diagnostic] {
        var errors: [Diagnostic] = []
        let labels = trace.statements.compactMap { if case .label(let label) = $0.kind { label } else { nil } }
        if labels.count != trace.labels.count || Set(labels) != Set(trace.labels.indices) {
            errors.append(
                Diagnostic("not every label of trace '\(trace.name)' stands in it just once", at: trace.location))
            return errors
        }
        for statement in trace.statements {
            let isSound =
                switch statement.kind {
                case .label(let label): trace.labels.indices.contains(label)
                case .uop(let uop):
                    catalog.uops.indices.contains(uop) && isSound(statement, catalog.uops[uop], in: trace)
                }
            if !isSound {
                errors.append(
                    Diagnostic("a statement of trace '\(trace.name)' refers to something that does not exist, or has the "
                        + "wrong number of operands, arguments or results", at: statement.location))
                break
            }
        }
        return errors
    }

    private func isSound(_ statement: Statement, _ uop: UopCatalog.Uop, in trace: TraceDeclaration) -> Bool {
        let first = Int(statement.firstOperand)
        let uses = Int(statement.firstValueUse)
        guard Int(statement.operandCount) == uop.operands.count, !uop.flags.contains(.internal),
            first + uop.operands.count <= trace.operands.count,
            statement.resultCount == 0 || Int(statement.resultCount) == uop.outputs.count,
            statement.argumentCount == 0 || Int(statement.argumentCount) == uop.inputs.count,
            uses + Int(statement.resultCount) + Int(statement.argumentCount) <= trace.valueUses.count
        else { return false }
        switch statement.exit {
        case .implicit: break
        case .exit(let index): guard exits.indices.contains(index) else { return false }
        case .trace(let index): guard traces.indices.contains(index) else { return false }
        }
        for index in uses..<uses + Int(statement.resultCount) + Int(statement.argumentCount)
        where !trace.values.indices.contains(trace.valueUses[index].value) { return false }
        for (index, kind) in uop.operands.enumerated() {
            let word = trace.operands[first + index].word
            let count: Int? =
                switch kind {
                case .LOCAL_READ, .LOCAL_WRITE: locals.count
                case .HELPER: helpers.count
                case .LABEL: trace.labels.count
                case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64: buffers.count
                case .IMM_I64, .IMM_F64, .IMM_OBJECT, .IMM_INDEX, .CELL: nil
                }
            guard let count else { continue }
            guard word < UInt64(count) else { return false }
            if kind != .LABEL, kind != .HELPER, kind != .LOCAL_READ, kind != .LOCAL_WRITE,
                buffers[Int(word)].element != kind
            { return false }
        }
        return true
    }
}

extension InitialValue {
    /// Whether a local of this class may begin with the value.
    func isValue(of valueClass: UopClass) -> Bool {
        switch self {
        case .range(let start, let stop, let step):
            return (valueClass == .OBJECT || valueClass == .RANGE) && step != 0
                && [start, stop, step].allSatisfy(ObjectWord.smallIntegers.contains)
        case .word(let word):
            switch (valueClass, ObjectWord.decode(word)) {
            case (.I64, _), (.F64, _): return true
            case (.INT, .integer), (.FLOAT, .float), (.BOOL, .bool), (.NONE, .none), (.OBJECT, _):
                return ObjectWord.isLiteral(word)
            default: return false
            }
        }
    }
}
