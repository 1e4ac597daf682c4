import CStencils
import Testing
import UopRuntime
import UopTestSupport
import UopVM

struct ShrinkerTests {
    /// What is left of a program of hundreds of uops is what it takes to subtract.
    @Test func findingIsSmallAndStillFails() throws {
        let damaged = try #require(unsafe DamagedStencils(uop_base_stencils()))
        let number = try #require(Base.catalog.number(of: "_I64_SUB"))
        try #require(damaged.swapInputs(0, 1, ofUop: number))
        let setup = try CheckedRun.Setup(Base.carefulTraits, damaged)
        let programs = RandomPrograms(traits: Base.carefulTraits, seed: 12)
        var campaign = FuzzCampaign(Base.carefulTraits, setup, seed: 12)
        var found: FuzzCampaign.Finding?
        while found == nil, campaign.nextIndex < 200 { found = campaign.step() }
        let finding = try #require(found)

        let program = try Program(parsing: finding.reproducer, catalog: Base.catalog)
        let statements = program.traces.reduce(0) { $0 + $1.statements.count }
        // Which program fails first changes with every uop that is added, and so does how small it gets.
        #expect(statements <= 24, "\(finding.reproducer)")
        #expect(statements < programs[finding.index].program.traces.reduce(0) { $0 + $1.statements.count })
        #expect(finding.reproducer.contains("_I64_SUB"))
        #expect(finding.reproducer.hasPrefix("# To run it: uopfuzz --replay FILE --fuel"))
        #expect(finding.report.contains("the engines differ"))

        // It fails with the damage, and not without.
        let item = RandomPrograms.Item(program: program, mode: RunMode(fuel: 1000))
        #expect(throws: CheckedRun.Failure.self) { try CheckedRun(item, setup) }
        #expect(throws: Never.self) { try CheckedRun(item, CheckedRun.Setup(Base.carefulTraits)) }
    }

    @Test func fileIsReplayed() throws {
        let text = """
            uops 1
            local a: i64 = 5
            local b: i64 = 7
            trace t
            _LOAD_FAST a
            _LOAD_FAST b
            _I64_SUB
            _STORE_FAST a
            _EXIT_TRACE
            end

            """
        func replay(_ library: StencilLibrary) throws -> String? {
            try FuzzCampaign.replay(
                text, library, fuel: 10, countsStatements: false, repeatsWithoutFuel: true, keepsMoves: true)
        }
        #expect(try replay(Base.carefulTraits.library) == nil)
        let damaged = try #require(unsafe DamagedStencils(uop_base_stencils()))
        try #require(damaged.swapInputs(0, 1, ofUop: #require(Base.catalog.number(of: "_I64_SUB"))))
        let report = try withExtendedLifetime(damaged) { try replay(damaged.library()) }
        #expect(report?.contains("local a: jit 2, interpreter -2") == true, "\(report ?? "nothing")")
    }
}
