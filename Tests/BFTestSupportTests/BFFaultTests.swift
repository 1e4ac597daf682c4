import BFTestSupport
import Testing

/// Engines that are wrong on purpose are noticed, and what shows it is small.
struct BFFaultTests {
    private static let seed: UInt64 = 20_261_202
    private static let limit = 4000

    private static func engine(_ fault: TreeBF.Fault) -> BFEngine {
        BFEngine(fault.rawValue) { TreeBF.run($0, fault: fault) }
    }

    @Test(arguments: TreeBF.Fault.allCases) func faultIsNoticedAndShownInFewCommands(_ fault: TreeBF.Fault) throws {
        var campaign = BFCampaign([Self.engine(fault)], seed: Self.seed)
        var found: BFCampaign.Finding?
        while found == nil, campaign.nextIndex < Self.limit { found = campaign.step() }
        let finding = try #require(found, "nobody noticed, seed \(Self.seed)")
        var shrinker = BFShrinker(finding.engine, finding.program, report: finding.report)
        shrinker.run()
        print("\(fault): program \(finding.index)\n\(shrinker.smallest.literal)\n\(shrinker.report)")

        // A scan of 16 cells and what shows it are the most that a fault needs.
        #expect(shrinker.smallest.text.commandCount <= 25)
        #expect(shrinker.smallest.input.count <= 1)
        // It is the fault that shows.
        #expect(Self.engine(fault).difference(on: shrinker.smallest) == shrinker.report)
        #expect(BFEngine("tree") { TreeBF.run($0) }.difference(on: shrinker.smallest) == nil)
    }

    private struct Failure: Error {}

    @Test func whatAnEngineThrowsIsADifference() throws {
        var campaign = BFCampaign([BFEngine("broken") { _ in throw Failure() }], seed: 1)
        let finding = try #require((0..<10).lazy.compactMap { _ in campaign.step() }.first)
        #expect(finding.report == "broken: failed: Failure()")
        #expect(finding.smallest().hasPrefix("// From program \(finding.index) of seed 1. broken: failed: Failure()"))
        #expect(finding.smallest().contains(#"    "","#))
    }

    @Test func differencesAreNamed() {
        let item = BFCase("+.>")
        func report(_ change: @escaping @Sendable (inout BFOutcome) -> Void) -> String? {
            BFEngine("changed") { item in
                var outcome = TreeBF.run(item)
                change(&outcome)
                return outcome
            }.difference(on: item)
        }
        #expect(report { _ in } == nil)
        #expect(report { $0.output[0] = 2 } == "output element 0 is 2, expected 1")
        #expect(report { $0.output.append(0) } == "output has 2 elements, expected 1")
        #expect(report { $0.tape[8191] = 3 } == "tape element 8191 is 3, expected 0")
        #expect(
            report { $0.ending = .offTape(cell: 9, position: 2) }
                == "the run used cell 9, which is off the tape, at byte 2, expected: finished")
    }

    /// What has no meaning or no end is not given to engines.
    @Test func enginesSeeOnlyProgramsThatEnd() {
        let engine = BFEngine("any") { _ in
            Issue.record("a program without an end was run")
            return BFOutcome(output: [], ending: .finished, tape: [])
        }
        #expect(engine.difference(on: BFCase("+[]")) == nil)
        #expect(engine.difference(on: BFCase("[")) == nil)
        #expect(engine.difference(on: BFCase("][")) == nil)
    }
}
