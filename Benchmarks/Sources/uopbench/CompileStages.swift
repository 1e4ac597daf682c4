import CStencils
import UopRuntime
import UopVM

/// How long traces of several sizes take from text to sealed code, stage by stage.
///
/// The trace is a loop as a naive front end writes it: loads, constants, checked arithmetic, guards,
/// stores. Each stage runs many times on the same input; the median is printed, with the fastest behind.
struct CompileStages {
    let library: StencilLibrary
    let catalog: UopCatalog

    /// For profilers: only the compile stage, so many times.
    func repeatCompiling(_ program: Program, times: Int) throws {
        let verified = try program.verified(catalog: catalog)
        let execution = try Execution(verified, library: library, compiler: JITCompiler(library))
        for _ in 0..<times { try execution.recompile() }
    }

    /// The table of all stages.
    func print() throws {
        let compiler = try JITCompiler(library)
        Swift.print(
            "uops      parse        verify       lower+compile  compile      ns a uop (median, fastest); compile: region to sealed code"
        )
        for wanted in [50, 500, 5_000, 50_000] {
            let text = Self.source(uops: wanted)
            let count = (wanted - 2) / 12 * 12 + 13
            let rounds = max(5, 200_000 / count)
            var parse: [Double] = []
            var verify: [Double] = []
            var all: [Double] = []
            var compile: [Double] = []
            for _ in 0..<rounds {
                let (program, parsing) = try Self.timed { try Program(parsing: text, catalog: catalog) }
                let (verified, verifying) = try Self.timed { try program.verified(catalog: catalog) }
                let execution = try Execution(verified, library: library, compiler: compiler)
                let (_, lowering) = try Self.timed { try execution.recompile() }
                let (_, compiling) = try Self.timed { try execution.recompile(keepsRegions: true) }
                parse.append(parsing / Double(count))
                verify.append(verifying / Double(count))
                all.append(lowering / Double(count))
                compile.append(compiling / Double(count))
            }
            Swift.print(Self.pad("\(count)", 8), Self.column(parse), Self.column(verify), Self.column(all) + "  ", Self.column(compile))
        }
    }

    /// The table of the compiler's stages. Measuring takes some ten nanoseconds a stage, which short traces feel.
    func printStages() throws {
        let compiler = try JITCompiler(library)
        var stages: [String] = []
        var columns: [[String: Double]] = []
        var counts: [Int] = []
        let sizes = [50, 500, 5_000, 50_000]
        for wanted in sizes {
            let program = try Program(parsing: Self.source(uops: wanted), catalog: catalog)
            let count = program.traces[0].statements.count
            let execution = try Execution(program.verified(catalog: catalog), library: library, compiler: compiler)
            execution.measuresStages = true
            var samples: [String: [Double]] = [:]
            for _ in 0..<max(5, 200_000 / wanted) {
                try execution.recompile()
                for (stage, nanoseconds) in execution.stageTimes {
                    if samples[stage] == nil, !stages.contains(stage) { stages.append(stage) }
                    samples[stage, default: []].append(Double(nanoseconds) / Double(count))
                }
            }
            columns.append(samples.mapValues { Summary($0).median })
            counts.append(count)
        }
        var table = Table(["stage"] + counts.map { "\($0)" })
        for stage in stages { table.add([stage] + columns.map { decimal($0[stage] ?? 0, 1) }) }
        Swift.print("ns a uop of each stage (medians)\n\n\(table.text)")
    }

    /// The text of a trace with `uops` uops, rounded up to whole groups of 12 and the last one.
    static func source(uops: Int) -> [UInt8] {
        var text = "uops 1\nlocal a: i64 = 1\nlocal b: i64 = 2\nlocal x: f64 = 1.5\ntrace main\n"
        var count = 1
        while count < uops {
            text += """
                    _LOAD_FAST a
                    _LOAD_FAST b
                    _I64_ADD_CHECKED
                    _STORE_FAST a
                    _LOAD_FAST x
                    _F64_CONST 0.5
                    _F64_MUL
                    _STORE_FAST x
                    _LOAD_FAST a
                    _I64_CONST 1000000
                    _I64_LT_S
                    _GUARD_TRUE

                """
            count += 12
        }
        return Array((text + "    _EXIT_TRACE\nend\n").utf8)
    }

    /// A result and the nanoseconds it took.
    static func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let result = try body()
        let duration = clock.now - start
        return (result, Double(duration.components.attoseconds) / 1e9 + Double(duration.components.seconds) * 1e9)
    }

    static func column(_ values: [Double]) -> String {
        let sorted = values.sorted()
        func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        return pad("\(text(sorted[sorted.count / 2])) \(text(sorted[0]))", 12)
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
