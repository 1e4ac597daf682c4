import CStencils
import UopVM

/// A program whose statements can be taken out and replaced: each carries what it refers to.
struct EditableProgram {
    struct Line {
        var kind: Statement.Kind
        var exit: ExitTarget
        var operands: [UInt64]
        var results: [Int]
        var arguments: [Int]
    }

    struct Trace {
        var name: String
        var entry: [UopClass]
        var lines: [Line]
    }

    /// Everything but the traces.
    var declarations: Program
    var traces: [Trace]

    init(_ program: Program) {
        declarations = program
        declarations.traces = []
        traces = program.traces.map { trace in
            Trace(
                name: trace.name, entry: trace.entry,
                lines: trace.statements.map { statement in
                    let firstOperand = Int(statement.firstOperand)
                    let uses = trace.valueUses[Int(statement.firstValueUse)...].map(\.value)
                    return Line(
                        kind: statement.kind, exit: statement.exit,
                        operands: trace.operands[firstOperand..<firstOperand + Int(statement.operandCount)].map(\.word),
                        results: Array(uses.prefix(Int(statement.resultCount))),
                        arguments: Array(uses.dropFirst(Int(statement.resultCount)).prefix(Int(statement.argumentCount))))
                })
        }
    }

    /// The program, with labels and values numbered in the order in which its text mentions them.
    func program(_ catalog: UopCatalog) -> Program {
        var program = declarations
        program.traces = traces.map { trace in
            var builder = TraceBuilder(trace, catalog)
            return builder.build()
        }
        return program
    }

    /// Takes a trace away, and gives another target to the exits that led there.
    mutating func removeTrace(_ index: Int, leadingTo other: ExitTarget = .implicit) {
        traces.remove(at: index)
        for trace in traces.indices {
            for line in traces[trace].lines.indices {
                guard case .trace(let target) = traces[trace].lines[line].exit, target >= index else { continue }
                traces[trace].lines[line].exit = target == index ? other : .trace(target - 1)
            }
        }
    }

    /// Changes the numbers that operands of some kinds name.
    mutating func renumber(_ kinds: [UopOperandKind], _ catalog: UopCatalog, _ change: (UInt64) -> UInt64) {
        for trace in traces.indices {
            for line in traces[trace].lines.indices {
                guard case .uop(let uop) = traces[trace].lines[line].kind else { continue }
                for (index, kind) in catalog.uops[uop].operands.enumerated() where kinds.contains(kind) {
                    traces[trace].lines[line].operands[index] = change(traces[trace].lines[line].operands[index])
                }
            }
        }
    }

    /// The numbers that operands of some kinds name.
    func uses(of kinds: [UopOperandKind], _ catalog: UopCatalog) -> Set<Int> {
        var result: Set<Int> = []
        for line in traces.flatMap(\.lines) {
            guard case .uop(let uop) = line.kind else { continue }
            for (index, kind) in catalog.uops[uop].operands.enumerated() where kinds.contains(kind) {
                result.insert(Int(line.operands[index]))
            }
        }
        return result
    }
}

/// Makes a trace of its lines.
private struct TraceBuilder {
    private let source: EditableProgram.Trace
    private let catalog: UopCatalog
    private var trace: TraceDeclaration
    private var labels: [Int: Int] = [:]
    private var values: [Int: Int] = [:]

    init(_ source: EditableProgram.Trace, _ catalog: UopCatalog) {
        self.source = source
        self.catalog = catalog
        trace = TraceDeclaration(name: source.name, entry: source.entry)
    }

    mutating func build() -> TraceDeclaration {
        for line in source.lines { append(line) }
        return trace
    }

    private mutating func append(_ line: EditableProgram.Line) {
        guard case .uop(let uop) = line.kind else {
            if case .label(let label) = line.kind { trace.statements.append(Statement(.label(number(ofLabel: label)))) }
            return
        }
        var statement = Statement(.uop(uop))
        statement.exit = line.exit
        statement.operandCount = UInt8(line.operands.count)
        if !line.operands.isEmpty { statement.firstOperand = UInt32(trace.operands.count) }
        let uses = (line.results + line.arguments).map { ValueUse(value: number(ofValue: $0)) }
        statement.resultCount = UInt8(line.results.count)
        statement.argumentCount = UInt8(line.arguments.count)
        if !uses.isEmpty { statement.firstValueUse = UInt32(trace.valueUses.count) }
        for (word, kind) in zip(line.operands, catalog.uops[uop].operands) {
            trace.operands.append(Operand(word: kind == .LABEL ? UInt64(number(ofLabel: Int(word))) : word))
        }
        trace.valueUses += uses
        trace.statements.append(statement)
    }

    private mutating func number(ofLabel label: Int) -> Int {
        if let number = labels[label] { return number }
        labels[label] = trace.labels.count
        trace.labels.append("l\(trace.labels.count)")
        return trace.labels.count - 1
    }

    private mutating func number(ofValue value: Int) -> Int {
        if let number = values[value] { return number }
        values[value] = trace.values.count
        trace.values.append("v\(trace.values.count)")
        return trace.values.count - 1
    }
}
