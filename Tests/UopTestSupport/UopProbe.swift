import CStencils
import UopRuntime
import UopVM

/// What a uop does, found by doing it: runs a few uops on given words in the interpreter.
///
/// The generator needs to know some things that the tables do not say (which uop counts down, which
/// one lets see the bits of a NaN), and must not know any uop by its name: new ones shall be covered
/// without a change here.
struct UopProbe {
    /// What running left behind.
    struct Outcome {
        let program: VerifiedProgram
        let result: RunResult
        let state: Machine.State
        /// The words on the stack, deepest first.
        var words: [UInt64] { result.stack.map(\.word) }
        var jumped: Bool { result.ending == .exit(1) }
        /// Whether a uop took its exit.
        var exited: Bool { result.ending == .exit(2) }
    }

    /// A word of the stack before the uops.
    struct Input {
        let valueClass: UopClass
        let value: InitialValue

        init(_ valueClass: UopClass, _ value: InitialValue) {
            self.valueClass = valueClass
            self.value = value
        }

        init(_ valueClass: UopClass, _ word: UInt64) { self.init(valueClass, .word(word)) }
    }

    let catalog: UopCatalog
    let library: StencilLibrary
    /// The uops that push a local, and that end a trace.
    let load: Int
    let leave: Int

    /// Pushes the inputs, runs the uops one after the other, and says what is left.
    ///
    /// Nil where they cannot follow each other, or need a helper.
    ///
    /// - Parameter literal: every operand that is a literal; nil for some that does.
    func run(_ uops: [Int], on inputs: [Input], literal: UInt64? = nil) -> Outcome? {
        var program = Program()
        for kind in UopOperandKind.bufferElements {
            program.buffers.append(BufferDeclaration(name: "\(kind)", element: kind, count: 4, initial: [1, 2, 3]))
        }
        program.tape = TapeDeclaration(cells: 4, start: 1)
        program.exits = ["fell", "jumped", "left"].map { ExitDeclaration(name: $0, error: nil) }
        var trace = TraceDeclaration(name: "probe")
        for (index, input) in inputs.enumerated() {
            program.locals.append(
                LocalDeclaration(name: "in\(index)", valueClass: input.valueClass, initial: input.value))
            append(load, [UInt64(index)], .implicit, to: &trace)
        }
        for uop in uops {
            guard let operands = operands(of: catalog.uops[uop], literal, &program) else { return nil }
            append(uop, operands, catalog.uops[uop].flags.contains(.exits) ? .exit(2) : .implicit, to: &trace)
        }
        append(leave, [], .exit(0), to: &trace)
        trace.labels = ["target"]
        trace.statements.append(Statement(.label(0)))
        append(leave, [], .exit(1), to: &trace)
        program.traces = [trace]
        guard let verified = try? program.verified(catalog: catalog),
            let execution = try? Execution(verified, library: library),
            let result = try? execution.run(.interpreter)
        else { return nil }
        return Outcome(program: verified, result: result, state: execution.machine.state)
    }

    /// What a uop reads or writes is a local of its own.
    private func operands(of uop: UopCatalog.Uop, _ literal: UInt64?, _ program: inout Program) -> [UInt64]? {
        var operands: [UInt64] = []
        for kind in uop.operands {
            switch kind {
            case .IMM_I64, .IMM_INDEX: operands.append(literal ?? 1)
            case .IMM_F64: operands.append(literal ?? (1.0).bitPattern)
            case .IMM_OBJECT: operands.append(literal ?? ObjectWord.none)
            case .LABEL: operands.append(0)
            case .LOCAL_READ, .LOCAL_WRITE:
                operands.append(UInt64(program.locals.count))
                program.locals.append(LocalDeclaration(name: "local", valueClass: .F64, initial: .word(0)))
            case .HELPER, .CELL: return nil
            case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64:
                guard let buffer = program.buffers.firstIndex(where: { $0.element == kind }) else { return nil }
                operands.append(UInt64(buffer))
            }
        }
        return operands
    }

    private func append(_ uop: Int, _ operands: [UInt64], _ exit: ExitTarget, to trace: inout TraceDeclaration) {
        var statement = Statement(.uop(uop))
        statement.exit = exit
        statement.operandCount = UInt8(operands.count)
        if !operands.isEmpty { statement.firstOperand = UInt32(trace.operands.count) }
        trace.operands += operands.map { Operand(word: $0) }
        trace.statements.append(statement)
    }
}
