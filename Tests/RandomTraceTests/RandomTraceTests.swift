import Testing
import UopTestSupport
import UopVM

/// Random programs that the verifier accepts, in both engines. The command in Fuzz/ runs more of them.
struct RandomTraceTests {
    @Test func enginesAgreeAndEveryUopRuns() {
        let seed: UInt64 = 20_260_102
        print("seed \(seed)")
        var campaign = FuzzCampaign(Base.traits, CheckedRun.Setup(Base.traits), seed: seed)
        while campaign.coverage.traces < 2500 {
            if let finding = campaign.step() {
                Issue.record("program \(finding.index) of seed \(seed): \(finding.report)\n\(finding.reproducer)")
                return
            }
        }
        #expect(campaign.coverage.shortfalls.isEmpty, "seed \(seed)\n\(campaign.coverage.summary)")
    }

    /// The thresholds are no decoration: what has run too little is named.
    @Test func whatHasNotRunIsNamed() {
        var campaign = FuzzCampaign(Base.traits, CheckedRun.Setup(Base.traits), seed: 1)
        #expect(campaign.coverage.shortfalls.contains("executions of _I64_ADD: 0, expected at least 1"))
        #expect(campaign.coverage.shortfalls.contains("runs that ended by: interrupted: 0, expected at least 1"))
        #expect(campaign.step() == nil)
        #expect(campaign.coverage.programs == 1)
    }

    @Test func sameSeedSamePrograms() throws {
        // Traits of its own: nothing that is found by trying may depend on the process's state.
        let others = try UopTraits(Base.traits.library)
        let (first, second) = (RandomPrograms(traits: Base.traits, seed: 7), RandomPrograms(traits: others, seed: 7))
        let different = RandomPrograms(traits: Base.traits, seed: 8)
        // Backwards, because a program must not depend on those before it.
        let programs = (0..<40).map { first[$0] }
        for index in (0..<40).reversed() {
            #expect(second[index].program == programs[index].program)
            #expect(second[index].mode == programs[index].mode)
        }
        #expect((0..<40).count { different[$0].program == programs[$0].program } == 0)
        #expect(Set(programs.map(\.program)).count == 40)
    }

    @Test func programsReadBackFromTheirText() throws {
        let programs = RandomPrograms(traits: Base.traits, seed: 9)
        for index in 0..<100 {
            let text = programs[index].text(catalog: Base.catalog)
            let again = try Program(parsing: text, catalog: Base.catalog)
            try #require(again.text(catalog: Base.catalog) == programs[index].program.text(catalog: Base.catalog))
        }
    }

    /// A computed NaN's bits are not defined. The generator finds out by itself which uops show them.
    @Test func uopsThatShowTheBitsOfNaNsAreFound() {
        let shown = Base.catalog.uops.indices.filter { Base.traits.showsNaNs[$0].contains(true) }
        #expect(shown.map { Base.catalog.uops[$0].name } == ["_F64_COPYSIGN", "_I64_FROM_F64_BITS"])
        #expect(Base.catalog.number(of: "_F64_COPYSIGN").map { Base.traits.showsNaNs[$0] } == [false, true])
    }
}
