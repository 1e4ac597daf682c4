import CStencils
import UopVM

/// The loops of a trace that went round when it ran: from a label to the last jump back there. Found in the statements,
/// and in how often each was executed.
struct LoopNest {
    private struct Loop {
        var first: Int
        var last: Int
        var rounds: UInt64
        var depth = 1
    }

    private var loops: [Loop] = []

    /// - Parameter counters: by statement of the trace: how often it was executed.
    init(_ trace: TraceDeclaration, _ counters: ArraySlice<UInt64>, _ catalog: UopCatalog) {
        var places: [Int: Int] = [:]
        for (index, statement) in trace.statements.enumerated() {
            if case .label(let label) = statement.kind { places[label] = index }
        }
        var ends: [Int: Int] = [:]
        for (index, statement) in trace.statements.enumerated() {
            guard case .uop(let number) = statement.kind, counters[counters.startIndex + index] > 0 else { continue }
            let uop = catalog.uops[number]
            var target = uop.flags.contains(.toTop) ? 0 : Int.max
            for (place, kind) in uop.operands.enumerated() where kind == .LABEL {
                target = places[Int(trace.operands[Int(statement.firstOperand) + place].word)] ?? .max
            }
            if target <= index { ends[target] = index }
        }
        for (first, last) in ends.sorted(by: { $0.key < $1.key }) {
            let rounds = counters[(counters.startIndex + first)...].first { $0 > 0 } ?? 0
            guard rounds > 1 else { continue }
            let around = loops.filter { $0.first < first && last <= $0.last && $0.rounds < rounds }
            loops.append(Loop(first: first, last: last, rounds: rounds, depth: 1 + (around.map(\.depth).max() ?? 0)))
        }
    }

    /// How many loops that went round were around each other, at most.
    var deepest: Int { loops.map(\.depth).max() ?? 0 }

    /// How many were around a statement.
    func depth(of statement: Int) -> Int {
        loops.filter { $0.first <= statement && statement <= $0.last }.map(\.depth).max() ?? 0
    }
}
