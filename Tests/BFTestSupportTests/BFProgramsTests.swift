import BFTestSupport
import Testing

struct BFProgramsTests {
    @Test func sameSeedSamePrograms() {
        let (first, second, other) = (BFPrograms(seed: 5), BFPrograms(seed: 5), BFPrograms(seed: 6))
        // Backwards, because a program must not depend on those before it.
        let programs = (0..<50).map { first[$0].program }
        for index in (0..<50).reversed() { #expect(second[index].program == programs[index]) }
        #expect((0..<50).count { other[$0].program == programs[$0] } == 0)
        #expect(Set(programs.map(\.text)).count == 50)
    }

    @Test func programsHaveTheirSize() {
        for index in 0..<500 {
            let program = BFPrograms(seed: 7)[index].program
            #expect(program.isBalanced)
            #expect((5...300).contains(program.text.commandCount), "program \(index) of seed 7")
        }
    }

    @Test func enginesAgreeAndEverythingIsExecuted() {
        let seed: UInt64 = 20_261_201
        print("seed \(seed)")
        var campaign = BFCampaign(BFEngine.all, seed: seed)
        while campaign.coverage.programs < 1500 {
            guard let finding = campaign.step() else { continue }
            Issue.record("program \(finding.index) of seed \(seed): \(finding.report)\n\(finding.smallest())")
            return
        }
        #expect(campaign.coverage.shortfalls.isEmpty, "\(campaign.coverage.summary)")
    }

    /// The thresholds are no decoration: what has run too little is named.
    @Test func whatHasNotRunIsNamed() {
        var campaign = BFCampaign([], seed: 1)
        _ = campaign.step()
        #expect(campaign.coverage.shortfalls.contains("division: 0 of 1 programs, expected at least 6 of 1000"))
    }

    @Test func literalSaysEverything() {
        let item = BFCase("+\n\"" + String(repeating: ">", count: 30), input: [1], cellBits: 16, endOfInput: .minusOne)
        #expect(
            item.literal == #"""
                BFCase(
                    "+\u{a}\"" + String(repeating: ">", count: 30),
                    input: [1], cellBits: 16, endOfInput: .minusOne,
                    cellsLeft: 1, cellsRight: 1, pageBytes: 4096, stepLimit: 100000)
                """#)
        #expect(BFCase([43, 255]).literal.contains("[43, 255] as [UInt8]"))
    }
}

extension [UInt8] {
    /// Commands of a text, with more than 20 equal ones in a row as one.
    var commandCount: Int {
        split { !"+-<>[].,".utf8.contains($0) }.joined().reduce(into: (count: 0, run: 0, last: UInt8(0))) { state, byte in
            state.run = byte == state.last ? state.run + 1 : 1
            state.last = byte
            state.count += state.run > 21 ? 0 : state.run == 21 ? -19 : 1
        }.count
    }
}
