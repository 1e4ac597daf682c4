package import CStencils

/// What two engines left behind, compared. NaNs are equal to each other: which one an operation makes
/// is not defined.
package struct Comparison {
    private let program: VerifiedProgram
    package private(set) var differences: [String] = []

    package init(program: VerifiedProgram) { self.program = program }

    mutating func note(_ difference: String) { differences.append(difference) }

    /// Whether two words are the same value of a class.
    package static func agree(_ a: UInt64, _ b: UInt64, as valueClass: UopClass) -> Bool {
        a == b || (valueClass == .F64 && Double(bitPattern: a).isNaN && Double(bitPattern: b).isNaN)
    }

    package mutating func compare(_ jit: RunResult, _ interpreter: RunResult) {
        let endsAlike =
            jit.ending == interpreter.ending || (jit.ending == .interrupted && interpreter.ending == .outOfFuel)
        if jit.exitNumber != interpreter.exitNumber || !endsAlike {
            note("exit: jit \(describe(jit)), interpreter \(describe(interpreter))")
        }
        if jit.stack.count != interpreter.stack.count {
            note("stack: jit has \(jit.stack.count) words, interpreter \(interpreter.stack.count)")
        }
        for (index, (a, b)) in zip(jit.stack, interpreter.stack).enumerated()
        where !Self.agree(a.word, b.word, as: a.valueClass) {
            note("stack word \(index): jit \(a.valueClass.text(of: a.word)), interpreter \(b.valueClass.text(of: b.word))")
        }
    }

    package mutating func compare(_ jit: Machine.State, _ interpreter: Machine.State) {
        let declarations = program.program
        for (index, local) in declarations.locals.enumerated()
        where !Self.agree(jit.locals[index], interpreter.locals[index], as: local.valueClass) {
            note("local \(local.name): jit \(local.valueClass.text(of: jit.locals[index])), interpreter "
                + local.valueClass.text(of: interpreter.locals[index]))
        }
        for (index, buffer) in declarations.buffers.enumerated() {
            let agrees =
                buffer.element == .BUFFER_F64
                ? floatsAgree(jit.buffers[index], interpreter.buffers[index])
                : jit.buffers[index] == interpreter.buffers[index]
            if !agrees { note("buffer \(buffer.name): \(firstDifference(jit.buffers[index], interpreter.buffers[index]))") }
        }
        if jit.tape != interpreter.tape { note("tape: \(firstDifference(jit.tape, interpreter.tape))") }
        if jit.tapePosition != interpreter.tapePosition {
            note("tape pointer: jit \(Int64(bitPattern: jit.tapePosition)), interpreter "
                + "\(Int64(bitPattern: interpreter.tapePosition))")
        }
        if jit.iterators != interpreter.iterators {
            note("range iterators: jit \(jit.iterators), interpreter \(interpreter.iterators)")
        }
        if jit.instructionPointer != interpreter.instructionPointer {
            note("source position: jit \(jit.instructionPointer), interpreter \(interpreter.instructionPointer)")
        }
    }

    private func floatsAgree(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
            bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return stride(from: 0, to: a.count, by: 8).allSatisfy { Self.agree(word(a, $0), word(b, $0), as: .F64) }
    }

    private func firstDifference(_ a: [UInt8], _ b: [UInt8]) -> String {
        guard let index = a.indices.first(where: { a[$0] != b[$0] }) else { return "differs in size" }
        return "byte \(index): jit \(a[index]), interpreter \(b[index])"
    }

    private func describe(_ result: RunResult) -> String {
        "\(result.ending) at statement \(result.statement) of trace '\(program.program.traces[result.trace].name)'"
    }

    /// The trace, the exits, and every difference.
    func report(trace: Int, jit: RunResult, interpreter: RunResult) -> String {
        var text = "the engines differ:\n"
        for difference in differences { text += "  \(difference)\n" }
        text += "jit: \(describe(jit))\ninterpreter: \(describe(interpreter))\n"
        return text + program.program.text(catalog: program.catalog)
    }
}

extension UopClass {
    /// A word of this class as the text format writes it.
    package func text(of word: UInt64) -> String {
        switch self {
        case .I64: return "\(Int64(bitPattern: word))"
        case .F64: return "\(Double(bitPattern: word))"
        default: break
        }
        switch ObjectWord.decode(word) {
        case .integer(let value): return "\(value)"
        case .float(let value): return "\(value)"
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .range(let index): return "<range iterator \(index)>"
        case .invalid(let word): return "<invalid 0x\(String(word, radix: 16))>"
        }
    }
}
