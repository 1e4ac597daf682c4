import CStencils
import UopVM

/// Compares the end of a run with what the file expects.
struct Judge {
    let file: String
    let execution: Execution
    /// What the run wrote.
    let output: [UInt8]

    private var program: Program { execution.program.program }

    /// A line for each expectation that does not hold, and for a program that ended by an error.
    func failures(_ result: RunResult) -> [String] {
        var failures: [String] = []
        var expectsExit = false
        for expectation in program.expectations {
            if case .exit = expectation.kind { expectsExit = true }
            if let found = difference(expectation, result) {
                failures.append(place(expectation.location) + "expectation failed: \(found)")
            }
        }
        if !expectsExit, let error = error(result) { failures.append(place(location(of: result)) + "error: \(error)") }
        return failures
    }

    private func place(_ location: SourceLocation) -> String {
        location.line == 0 ? "\(file): " : "\(file):\(location.line):\(location.column): "
    }

    private func location(of result: RunResult) -> SourceLocation {
        let statements = program.traces[result.trace].statements
        return statements.indices.contains(result.statement) ? statements[result.statement].location : .none
    }

    private func difference(_ expectation: UopVM.Expectation, _ result: RunResult) -> String? {
        switch expectation.kind {
        case .local(let index, let word):
            let local = program.locals[index]
            let found = execution.machine.local(index)
            let isEqual = local.valueClass == .F64 ? floatsAgree(word, found) : word == found
            return isEqual ? nil
                : "local \(local.name) is \(local.valueClass.text(of: found)); expected \(local.valueClass.text(of: word))"
        case .element(let index, let element, let word):
            let buffer = program.buffers[index]
            let found = execution.machine.element(element, of: index)
            let valueClass: UopClass = buffer.element == .BUFFER_F64 ? .F64 : .I64
            let isEqual = valueClass == .F64 ? floatsAgree(word, found) : word == found
            return isEqual ? nil
                : "\(buffer.name)[\(element)] is \(valueClass.text(of: found)); expected \(valueClass.text(of: word))"
        case .exit(let index):
            guard result.ending != .exit(index) else { return nil }
            return "the run \(describe(result)); expected exit \(program.exits[index].name)"
        case .output(let bytes):
            guard bytes != output else { return nil }
            return "the output is \(quoted(output)); expected \(quoted(bytes))"
        }
    }

    private func floatsAgree(_ a: UInt64, _ b: UInt64) -> Bool {
        let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
        return a == b || (x.isNaN && y.isNaN)
    }

    private func quoted(_ bytes: [UInt8]) -> String { "\"" + String(decoding: bytes.prefix(200), as: UTF8.self).debugDescription.dropFirst() }

    /// What is wrong with the way the run ended; nil where nothing is.
    private func error(_ result: RunResult) -> String? {
        switch result.ending {
        case .finished: return nil
        case .exit(let index):
            return program.exits[index].error.map { "exit \(program.exits[index].name): \($0)" }
        case .sideExit, .helperFailed, .outOfFuel, .interrupted: return "the run " + describe(result)
        }
    }

    private func describe(_ result: RunResult) -> String {
        let uop = uopName(result)
        switch result.ending {
        case .finished: return "ended at \(uop)"
        case .exit(let index): return "left by exit \(program.exits[index].name) at \(uop)"
        case .sideExit where program.tape != nil && isOffTape:
            return "left the tape: the pointer is at cell \(execution.machine.tapePosition - Int64(program.tape?.start ?? 0)) at \(uop)"
        case .sideExit: return "left the trace at \(uop), whose exit leads nowhere" + stack(result)
        case .helperFailed(let status): return "was ended by a helper's status \(status) at \(uop)"
        case .outOfFuel: return "used up its fuel at \(uop)"
        case .interrupted: return "was interrupted at \(uop)"
        }
    }

    private var isOffTape: Bool {
        guard let tape = program.tape else { return false }
        return !(0..<Int64(tape.cells)).contains(execution.machine.tapePosition)
    }

    private func uopName(_ result: RunResult) -> String {
        let statements = program.traces[result.trace].statements
        guard statements.indices.contains(result.statement), case .uop(let uop) = statements[result.statement].kind else {
            return "the entry of trace '\(program.traces[result.trace].name)'"
        }
        return execution.program.catalog.uops[uop].name
    }

    private func stack(_ result: RunResult) -> String {
        guard !result.stack.isEmpty else { return "" }
        return " (stack: " + result.stack.map { $0.valueClass.text(of: $0.word) }.joined(separator: ", ") + ")"
    }
}
