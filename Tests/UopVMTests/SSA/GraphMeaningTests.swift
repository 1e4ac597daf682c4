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
        for index in 0..<1500 {
            let item = programs[index]
            if item.mode.keepsMoves { withMoves += 1 }
            let differences = try SSAInterpreter.differences(item, setup)
            guard differences.isEmpty else {
                Issue.record(
                    "program \(index) of seed \(seed): \(differences)\n\(item.text(catalog: BaseSet.catalog))")
                return
            }
        }
        #expect(withMoves > 50, "uops that use locals themselves are part of this")
    }
}
