/// Runs random BF programs until an engine does otherwise than the reference.
public struct BFCampaign {
    /// A program on which an engine is wrong.
    public struct Finding: Sendable {
        /// The program's number; with the seed it names the program.
        public let index: Int
        /// The engine, and what it does otherwise.
        public let report: String
        package let engine: BFEngine
        package let program: BFCase
        fileprivate let seed: UInt64

        /// The smallest program that was found to show it, with what it is run on and what is wrong then: text to be read
        /// and to be put into a test.
        public func smallest() -> String {
            var shrinker = BFShrinker(engine, program, report: report)
            shrinker.run()
            return """
                // From program \(index) of seed \(seed). \(engine.name): \(shrinker.report)
                \(shrinker.smallest.literal)
                """
        }
    }

    public private(set) var coverage = BFCoverage()
    private let seed: UInt64
    private let programs: BFPrograms
    private let engines: [BFEngine]
    /// The number of the program that runs next.
    public private(set) var nextIndex: Int

    /// - Parameters:
    ///   - first: the number of the first program.
    ///   - pageBytes: what engines round the tape up to.
    public init(_ engines: [BFEngine], seed: UInt64, first: Int = 0, pageBytes: Int = 4096) {
        self.engines = engines
        self.seed = seed
        programs = BFPrograms(seed: seed, pageBytes: pageBytes)
        nextIndex = first
    }

    /// The program that runs next, as text to be put into a test.
    public var nextProgram: String { programs[nextIndex].program.literal }

    /// Makes one program, and runs it in each engine if it ends; gives what is wrong.
    public mutating func step() -> Finding? {
        let index = nextIndex
        let item = programs[index]
        nextIndex += 1
        let reference = ReferenceBF(item.program)
        coverage.add(item, reference)
        guard reference.outcome.ending != .outOfSteps else { return nil }
        for engine in engines {
            guard let difference = engine.difference(from: reference.outcome, on: item.program) else { continue }
            return Finding(
                index: index, report: "\(engine.name): \(difference)", engine: engine, program: item.program, seed: seed)
        }
        return nil
    }
}
