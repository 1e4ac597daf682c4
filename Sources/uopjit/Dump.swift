import CStencils
import UopVM

/// What `--dump` and `--profile` print.
enum Dump {
    /// The program in its canonical form: a file that runs alike.
    static func uops(_ execution: Execution) -> String {
        execution.program.program.text(catalog: execution.program.catalog)
    }

    static func ssa(_ execution: Execution, at point: GraphPoint) throws(ExecutionError) -> String {
        switch point {
        case .none: execution.graphText()
        case .pass(let pass): try execution.graphText(after: pass)
        case .last: try execution.graphText(after: nil)
        }
    }

    static func plan(_ execution: Execution) throws(ExecutionError) -> String { try execution.planText() }

    static func code(_ picture: CodePicture) -> String {
        guard let disassembler = Disassembler() else { return picture.text() }
        return picture.text { disassembler.instructions(of: $0, options: picture.machine.disassemblerOptions) }
    }

    /// Each statement with how often it was executed.
    static func profile(_ execution: Execution) -> String {
        let catalog = execution.program.catalog
        let program = execution.program.program
        var text = ""
        var first = 0
        for trace in program.traces {
            text += "trace \(trace.name)\n"
            for (index, statement) in trace.statements.enumerated() {
                switch statement.kind {
                case .label(let label): text += "              \(trace.labels[label]):\n"
                case .uop(let uop):
                    let count = "\(execution.machine.counters[first + index])"
                    text +=
                        String(repeating: " ", count: max(0, 14 - count.count)) + count
                        + "  \(catalog.uops[uop].name)\n"
                }
            }
            first += trace.statements.count
        }
        return text
    }
}
