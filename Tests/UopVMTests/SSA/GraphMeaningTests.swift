import Testing
import UopRuntime
import UopTestSupport

@testable import UopVM

/// A graph means what its region means: executed node by node, it ends with the interpreter's state.
struct GraphMeaningTests {
    @Test func randomPrograms() throws {
        let seed: UInt64 = 20_260_302
        let traits = try UopTraits(BaseSet.library)
        let setup = CheckedRun.Setup(traits)
        let programs = RandomPrograms(traits: traits, seed: seed)
        var withMoves = 0
        for index in 0..<1000 {
            let item = programs[index]
            if item.mode.keepsMoves { withMoves += 1 }
            let differences = try SSAInterpreter.differences(item, setup)
            guard differences.isEmpty else {
                Issue.record(
                    "program \(index) of seed \(seed): \(differences)\n\(item.text(catalog: BaseSet.catalog))")
                return
            }
        }
        #expect(withMoves > 40, "uops that use locals themselves are part of this")
    }

    /// Jumps that lead anywhere. Those with named values are mostly refused, because some way to a use passes
    /// the definition by.
    @Test func tangledPrograms() throws {
        let seed: UInt64 = 20_260_303
        let setup = CheckedRun.Setup(try UopTraits(BaseSet.library))
        var counts = (accepted: 0, named: 0)
        for index in 0..<2500 {
            let text = TangledProgram(seed: seed, index: index).text
            let program = try BaseSet.program(text)
            guard BaseSet.faults(program).isEmpty else { continue }
            counts.accepted += 1
            if text.contains(" %v") { counts.named += 1 }
            let mode = RunMode(fuel: Int64(5 + index % 60), keepsMoves: index % 5 == 0)
            let differences = try SSAInterpreter.differences(RandomPrograms.Item(program: program, mode: mode), setup)
            guard differences.isEmpty else {
                Issue.record("program \(index) of seed \(seed): \(differences)\n\(text)")
                return
            }
        }
        #expect(counts.accepted > 1200 && counts.named > 100, "\(counts)")
    }
}
