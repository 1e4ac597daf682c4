import Foundation

/// The seconds of all runs, by loop, engine and placement.
struct Measurements {
    let loops: [String]
    let engines: [String]
    private var seconds: [String: [String: [Placement: [Double]]]] = [:]

    init(loops: [String], engines: [String]) {
        self.loops = loops
        self.engines = engines
    }

    mutating func add(_ sample: Sample, loop: String, engine: String, placement: Placement) {
        seconds[loop, default: [:]][engine, default: [:]][placement, default: []].append(sample.seconds)
    }

    /// The medians of each placement, in the order of `Placement.all`; empty where the engine was not measured.
    func placements(_ loop: String, _ engine: String) -> [Double] {
        let placed = seconds[loop]?[engine] ?? [:]
        return Placement.all.compactMap { placed[$0].map { Summary($0).median } }
    }

    /// The median of the placements' medians, with the quartiles of all runs; nil where the engine was not measured.
    func summary(_ loop: String, _ engine: String) -> Summary? {
        guard let placed = seconds[loop]?[engine] else { return nil }
        var summary = Summary(Array(placed.values.joined()))
        summary.median = Summary(placements(loop, engine)).median
        return summary
    }

    /// One engine's time in another's, by loop, each at the placement where it is fastest.
    func bestRatios(of engine: String, to other: String) -> [Double] {
        loops.compactMap { loop in
            guard let mine = placements(loop, engine).min(), let others = placements(loop, other).min() else {
                return nil
            }
            return mine / others
        }
    }

    /// One engine's time in another's, by loop: the medians' ratio; loops that one of them lacks are left out.
    func ratios(of engine: String, to other: String) -> [(loop: String, ratio: Double)] {
        loops.compactMap { loop in
            guard let mine = summary(loop, engine), let others = summary(loop, other) else { return nil }
            return (loop, mine.median / others.median)
        }
    }
}

/// How often everything runs.
struct Schedule {
    var rounds: Int

    /// All of them one after the other, beginning with another one for each number.
    static func turns<Element>(_ all: [Element], from number: Int) -> ArraySlice<Element> {
        let first = number % max(1, all.count)
        return all[first...] + all[..<first]
    }

    /// Runs everything in alternation: in each round every engine runs every loop once, one engine after the
    /// other on the same loop, and who begins changes. What else the machine does meets all of them.
    ///
    /// - Throws: `BenchmarkError` where a result is not what the loop's file expects: what is fast and wrong counts
    ///   as a failure.
    func measure(_ set: EngineSet, progress: Progress) throws -> Measurements {
        var measurements = Measurements(loops: set.loops.map(\.name), engines: set.engines.map(\.name))
        let expected = try set.loops.map {
            try LoopProgram($0, in: set.shared.folder, catalog: set.shared.catalog).expectedResult
        }
        for loop in set.loops {
            progress.show("preparing \(loop.name)")
            for engine in set.engines { try engine.prepare(loop) }
        }
        for round in 0..<rounds {
            for (index, loop) in set.loops.enumerated() {
                for engine in Self.turns(set.engines, from: round + index) {
                    guard engine.takesPart(in: loop), round % engine.interval == 0 else { continue }
                    progress.show("round \(round + 1) of \(rounds): \(loop.name), \(engine.name)")
                    let placement = Placement.ofRound(round / engine.interval)
                    let sample = try engine.run(loop, size: nil, placement: placement)
                    guard sample.result == expected[index] else {
                        throw BenchmarkError(
                            "\(loop.name): \(engine.name) gave \(sample.result); the file expects "
                                + (expected[index].map(String.init) ?? "nothing"))
                    }
                    measurements.add(sample, loop: loop.name, engine: engine.name, placement: placement)
                }
            }
        }
        progress.clear()
        return measurements
    }
}

/// One line on a terminal that says how far the work is; nothing in a pipe.
struct Progress {
    private let isShown = isatty(STDERR_FILENO) != 0

    /// Lines that stay, such as what is left out and why.
    static func say(_ lines: [String]) {
        for line in lines { FileHandle.standardError.write(Data("uopbench: \(line)\n".utf8)) }
    }

    func show(_ text: String) {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8)) }
    }

    func clear() {
        if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
