import Foundation
import UopRuntime
import UopVM

/// How long the loops' code takes to make, beside what compilers need for the same functions.
struct CompileLoops {
    let shared: UopEngine.Shared
    let rivals: CompileRivals?

    /// The JIT's time for each loop: from the region to sealed code, as compilers begin with what a front end made.
    private func ours() throws -> CompileRivals.Column {
        let compiler = try JITCompiler(shared.library)
        var rows: [String: CompileRivals.Row] = [:]
        for loop in Loop.all {
            let program = try LoopProgram(loop, in: shared.folder, catalog: shared.catalog).program
            let execution = try Execution(
                program.verified(catalog: shared.catalog), library: shared.library, compiler: compiler)
            let uops = program.traces[0].statements.count { if case .uop = $0.kind { true } else { false } }
            let times = try (0..<2_000).map { _ in try CompileStages.timed { try execution.recompile(keepsRegions: true) }.1 }
            rows[loop.name] = CompileRivals.Row(inputCount: uops, nanoseconds: Summary(times).median)
        }
        return CompileRivals.Column(title: "jit", unit: "uop", rows: rows)
    }

    /// The table: microseconds for each loop, and what that is for each unit of the input.
    func print() throws {
        let columns = [try ours()] + (rivals?.columns ?? [])
        for absence in rivals?.absences ?? [] { Swift.print("uopbench: \(absence)") }
        Swift.print("us a function (ns for each unit of input)\n")
        var table = Table(["loop"] + columns.map { "\($0.title) (\($0.unit))" })
        for loop in Loop.all { table.add([loop.name] + columns.map { cell($0.rows[loop.name]) }) }
        table.add(
            ["sum"]
                + columns.map { column in
                    let rows = Loop.all.compactMap { column.rows[$0.name] }
                    return cell(
                        CompileRivals.Row(
                            inputCount: rows.reduce(0) { $0 + $1.inputCount },
                            nanoseconds: rows.reduce(0) { $0 + $1.nanoseconds }))
                })
        table.add(["all in one file"] + columns.map { cell($0.rows[CompileRivals.together]) })
        Swift.print(table.text)
    }

    private func cell(_ row: CompileRivals.Row?) -> String {
        guard let row else { return "" }
        let each = decimal(row.nanoseconds / Double(row.inputCount), 0)
        return "\(decimal(row.nanoseconds / 1000, 1)) (\(String(repeating: " ", count: max(0, 5 - each.count)))\(each))"
    }
}
