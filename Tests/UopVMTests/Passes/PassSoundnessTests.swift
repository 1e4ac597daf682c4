import Foundation
import Testing
import UopRuntime
import UopTestSupport

@testable import UopVM

/// Behind each pass graphs keep the rules that `GraphVerifier` states, and code of them does what the interpreter does.
/// (`RandomTraceTests` and the command in Fuzz/ watch graphs of random programs, too.)
struct PassSoundnessTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Examples").standardizedFileURL
    private static let shapes = BaseSet.catalog.withFusions(of: BaseSet.library).shapes

    /// With all passes, and without each of them: what one leaves to the next may be something new.
    @Test(arguments: [nil] + PassName.allCases) func examples(without pass: PassName?) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.examples.path).filter { $0.hasSuffix(".uops") }
        #expect(names.count > 5)
        for name in names {
            let bytes = Array(try Data(contentsOf: Self.examples.appending(path: name)))
            let program = try Program(parsing: bytes, catalog: BaseSet.catalog).verified(catalog: BaseSet.catalog)
            let helpers = FuzzHelpers(program: program.program, interrupt: {}).all
            for countsFuel in [true, false] {
                var options = Execution.Options()
                options.countsFuel = countsFuel
                options.disabledPasses = pass.map { [$0] } ?? []
                let execution = try Execution(program, library: BaseSet.library, helpers: helpers, options: options)
                var seen = 0
                execution.compilation.observer = { pass, region, graph in
                    seen += 1
                    #expect(graph.verify(shapes: Self.shapes) == [], "\(name), trace \(region) after \(pass?.rawValue ?? "building")")
                }
                try execution.prepare(.jit)
                #expect(seen >= 5 * program.program.traces.count, "\(name)")
            }
        }
    }

    /// Jumps that lead anywhere: loops that overlap, and that are entered in the middle.
    @Test func tangledPrograms() throws {
        let seed: UInt64 = 20_260_712
        let setup = CheckedRun.Setup(try UopTraits(BaseSet.library)).watchingGraphs
        var accepted = 0
        for index in 0..<1500 {
            let text = TangledProgram(seed: seed, index: index).text
            let program = try BaseSet.program(text)
            guard BaseSet.faults(program).isEmpty else { continue }
            accepted += 1
            var mode = RunMode(fuel: Int64(5 + index % 60), keepsMoves: index % 5 == 0)
            mode.repeatsWithoutFuel = false
            do throws(CheckedRun.Failure) {
                _ = try CheckedRun(RandomPrograms.Item(program: program, mode: mode), setup)
            } catch {
                Issue.record("program \(index) of seed \(seed): \(error)\n\(text)")
                return
            }
        }
        #expect(accepted > 700, "\(accepted)")
    }
}
