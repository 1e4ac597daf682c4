import CStencils
import UopVM

/// Compares the end of a run with what the file expects.
struct Judge {
    let execution: Execution
    /// What the run wrote.
    let output: [UInt8]
    /// `--no-expect`
    let ignoresExpectations: Bool

    private var program: Program { execution.program.program }

    /// One for each expectation that does not hold, and one for a program that ended by an error.
    func failures(_ result: RunResult) -> [Diagnostic] {
        var failures: [Diagnostic] = []
        var expectsExit = false
        for expectation in ignoresExpectations ? [] : program.expectations {
            if case .exit = expectation.kind { expectsExit = true }
            if let found = difference(expectation, result) {
                failures.append(Diagnostic("expectation failed: \(found)", at: expectation.location))
            }
        }
        if !expectsExit, let error = error(result) {
            failures.append(
                Diagnostic(
                    error.message, at: Self.location(of: result.statement, in: program.traces[result.trace]),
                    note: error.note))
        }
        return failures
    }

    private static func location(of statement: Int, in trace: TraceDeclaration) -> SourceLocation {
        trace.statements.indices.contains(statement) ? trace.statements[statement].location : trace.location
    }

    // MARK: Expectations

    /// What was found and what was expected; nil where the expectation holds.
    private func difference(_ expectation: UopVM.Expectation, _ result: RunResult) -> String? {
        switch expectation.kind {
        case .local(let index, let word):
            let local = program.locals[index]
            return difference(
                "local \(local.name)", execution.machine.local(index), word, as: local.valueClass)
        case .element(let index, let element, let word):
            let buffer = program.buffers[index]
            return difference(
                "\(buffer.name)[\(element)]", execution.machine.element(element, of: index), word,
                as: buffer.element == .BUFFER_F64 ? .F64 : .I64)
        case .exit(let index):
            guard result.ending != .exit(index) else { return nil }
            return "the run \(describe(result)); expected exit \(program.exits[index].name)"
        case .output(let bytes): return outputDifference(expected: bytes)
        }
    }

    private func difference(_ name: String, _ found: UInt64, _ expected: UInt64, as valueClass: UopClass) -> String? {
        if found == expected { return nil }
        if valueClass == .F64, Double(bitPattern: found).isNaN, Double(bitPattern: expected).isNaN { return nil }
        return "\(name) is \(valueClass.text(of: found)); expected \(valueClass.text(of: expected))"
    }

    /// Both texts from a little before the first difference on.
    private func outputDifference(expected: [UInt8]) -> String? {
        guard output != expected else { return nil }
        let same = zip(output, expected).prefix { $0 == $1 }.count
        let start = same > 40 ? same - 20 : 0
        func quoted(_ bytes: [UInt8]) -> String {
            let text = String(decoding: bytes[start...].prefix(80), as: UTF8.self).debugDescription
            return (start > 0 ? "..." : "") + text + (bytes.count > start + 80 ? "..." : "")
        }
        return "the output differs from byte \(same) on: it is \(quoted(output)); expected \(quoted(expected))"
    }

    // MARK: Endings

    /// What is wrong with the way the run ended; nil where nothing is.
    private func error(_ result: RunResult) -> (message: String, note: String?)? {
        switch result.ending {
        case .finished: return nil
        case .exit(let index):
            return program.exits[index].error.map { ("exit \(program.exits[index].name): \($0)", nil) }
        case .sideExit where offTape == nil: return ("the run \(describe(result))", stack(result))
        case .sideExit, .helperFailed, .outOfFuel, .interrupted: return ("the run \(describe(result))", nil)
        }
    }

    private func describe(_ result: RunResult) -> String {
        let uop = uopName(result)
        switch result.ending {
        case .finished: return "ended at \(uop)"
        case .exit(let index): return "left by exit \(program.exits[index].name) at \(uop)"
        case .sideExit:
            if let offTape { return "left the tape: the pointer is at cell \(offTape) at \(uop)" }
            return "left the trace at \(uop), whose exit leads nowhere"
        // A read that a signal interrupted is no failure of the helper.
        case .helperFailed(HostHelpers.interruptedStatus) where Interrupts.isRaised: return "was interrupted at \(uop)"
        case .helperFailed(let status): return "was ended by a helper's status \(status) at \(uop)"
        case .outOfFuel: return "used up its fuel at \(uop)"
        case .interrupted: return "was interrupted at \(uop)"
        }
    }

    /// The pointer's cell, counted from where it started, if it stands off the tape.
    private var offTape: Int64? {
        guard let tape = program.tape else { return nil }
        let position = execution.machine.tapePosition
        return (0..<Int64(tape.cells)).contains(position) ? nil : position - Int64(tape.start)
    }

    private func uopName(_ result: RunResult) -> String {
        let trace = program.traces[result.trace]
        guard trace.statements.indices.contains(result.statement),
            case .uop(let uop) = trace.statements[result.statement].kind
        else { return "the entry of trace '\(trace.name)'" }
        return execution.program.catalog.uops[uop].name
    }

    private func stack(_ result: RunResult) -> String? {
        guard !result.stack.isEmpty else { return nil }
        let words = result.stack.map { "\($0.valueClass.text(of: $0.word)) (\($0.valueClass.name))" }
        return "the stack at the exit, deepest first: " + words.joined(separator: ", ")
    }
}
