/// What the programs of a run have done in the reference.
public struct BFCoverage: Sendable {
    /// Something that a share of all programs must have.
    enum Sight: Hashable {
        case finished, offLeft, offRight, outOfSteps
        /// The program writes, reads, reads at the end of the input.
        case writes, reads
        case readsAtEnd(BFCase.EndOfInput)
        /// Of programs that ended: the width of cells.
        case width(Int)
        /// The command that used a cell off the tape.
        case fault(UInt8)
        /// More than a few steps before the tape was left.
        case lateFault
        /// The idiom was executed, in a program that ended.
        case idiom(BFIdiom)
        /// The program ended after less than 20 steps, without output.
        case dull
    }

    public private(set) var programs = 0
    private var steps = 0
    private var textBytes = 0
    private var counts: [Sight: Int] = [:]

    package init() {}

    package mutating func add(_ item: BFPrograms.Item, _ run: ReferenceBF) {
        programs += 1
        steps += run.steps
        textBytes += item.program.text.count
        addEnding(item.program, run)
        if !run.outcome.output.isEmpty { count(.writes) }
        if run.reads > 0 { count(.reads) }
        guard run.outcome.ending != .outOfSteps else { return }
        count(.width(item.program.cellBits))
        if run.reads > item.program.input.count { count(.readsAtEnd(item.program.endOfInput)) }
        if run.steps < 20, run.outcome.output.isEmpty { count(.dull) }
        for idiom in Set(item.marks.filter { run.reached($0.position) }.map(\.idiom)) { count(.idiom(idiom)) }
    }

    private mutating func addEnding(_ program: BFCase, _ run: ReferenceBF) {
        switch run.outcome.ending {
        case .finished: count(.finished)
        case .outOfSteps: count(.outOfSteps)
        case .offTape(let cell, let position):
            count(cell < 0 ? .offLeft : .offRight)
            count(.fault(program.text[position]))
            if run.steps > 20 { count(.lateFault) }
        }
    }

    private mutating func count(_ sight: Sight) { counts[sight, default: 0] += 1 }

    // MARK: Judging

    /// What a run must have: how many of 1000 programs. That is about a third of what was found when this was written, and
    /// of the rarest where many are alike. Runs of fewer than 1000 programs may lack something by chance.
    private static let least: [(sight: Sight, perThousand: Int)] =
        [(.finished, 300), (.offLeft, 50), (.offRight, 50), (.writes, 200), (.reads, 70), (.lateFault, 70)]
        + BFCase.EndOfInput.allCases.map { (.readsAtEnd($0), 10) } + BFCase.widths.map { (.width($0), 70) }
        + "+-[].,".utf8.map { (.fault($0), 2) }
        + BFIdiom.allCases.map { (.idiom($0), 6) }

    /// What must not be more.
    private static let most: [(sight: Sight, perThousand: Int)] = [(.outOfSteps, 200), (.dull, 250)]

    public var shortfalls: [String] {
        let thousands = Double(programs) / 1000
        var result: [String] = []
        for (sight, share) in Self.least where Double(counts[sight] ?? 0) < max(1, Double(share) * thousands) {
            result.append("\(sight): \(counts[sight] ?? 0) of \(programs) programs, expected at least \(share) of 1000")
        }
        for (sight, share) in Self.most where Double(counts[sight] ?? 0) > Double(share) * thousands {
            result.append("\(sight): \(counts[sight] ?? 0) of \(programs) programs, expected at most \(share) of 1000")
        }
        return result
    }

    /// A few lines for people.
    public var summary: String {
        """
        \(programs) programs, on average \(textBytes / max(1, programs)) bytes and \(steps / max(1, programs)) steps
        \(shares([.finished, .offLeft, .offRight, .outOfSteps]))
        \(shares([.writes, .reads] + BFCase.EndOfInput.allCases.map { .readsAtEnd($0) } + [.dull]))
        \(shares(BFCase.widths.map { .width($0) }))
        off the tape by: \(shares("+-[].,".utf8.map { .fault($0) } + [.lateFault]))
        executed: \(shares(BFIdiom.allCases.map { .idiom($0) }))
        """
    }

    private func shares(_ sights: [Sight]) -> String {
        sights.map { sight in
            let permille = (counts[sight] ?? 0) * 1000 / max(1, programs)
            return "\(sight) \(permille / 10).\(permille % 10) %"
        }.joined(separator: ", ")
    }
}

extension BFCoverage.Sight: CustomStringConvertible {
    var description: String {
        switch self {
        case .finished: "finished"
        case .offLeft: "off the left end"
        case .offRight: "off the right end"
        case .outOfSteps: "out of steps"
        case .writes: "with output"
        case .reads: "with input"
        case .readsAtEnd(let rule): "at the end of input (\(rule.rawValue))"
        case .width(let bits): "\(bits) bits"
        case .fault(let command): "'\(Character(Unicode.Scalar(command)))'"
        case .lateFault: "after more than 20 steps"
        case .idiom(let idiom): idiom.rawValue
        case .dull: "dull"
        }
    }
}
