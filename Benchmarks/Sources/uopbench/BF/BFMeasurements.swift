import Foundation

/// What all runs took, by program and engine.
struct BFMeasurements {
    let programs: [BFProgram]
    /// In the order of tables.
    let engines: [String]
    private var runs: [String: [String: [ProcessUsage]]] = [:]

    init(programs: [BFProgram], engines: [String]) {
        self.programs = programs
        self.engines = engines
    }

    /// Medians and quartiles of one of the numbers; nil where the engine was not measured.
    func summary(_ program: String, _ engine: String, _ value: KeyPath<ProcessUsage, Double>) -> Summary? {
        runs[program]?[engine].map { Summary($0.map { $0[keyPath: value] }) }
    }

    /// One engine's user time in another's; nil where one of them was not measured, or took less than can be told.
    func ratio(_ program: String, of engine: String, to other: String) -> Double? {
        guard let mine = summary(program, engine, \.userSeconds), let others = summary(program, other, \.userSeconds),
            others.median > 0
        else { return nil }
        return mine.median / others.median
    }

    /// How many seconds more than a start the machine code takes.
    func overStart(_ program: String, _ value: KeyPath<ProcessUsage, Double>) -> Double? {
        guard let mine = summary(program, BFEngine.Name.jit, value), let start = summary(program, BFEngine.Name.start, value)
        else { return nil }
        return mine.median - start.median
    }

    /// Runs everything in alternation, as `Schedule.measure` does with loops.
    ///
    /// - Throws: `BenchmarkError` where an engine writes something else than the program's `.out`.
    static func measure(_ programs: [BFProgram], _ set: BFEngineSet, rounds: Int) throws -> BFMeasurements {
        let names = set.engines.map(\.name)
        var measurements = BFMeasurements(programs: programs, engines: BFEngine.Name.all.filter(names.contains))
        let progress = Progress()
        for program in programs {
            progress.show("preparing \(program.name)")
            for engine in set.engines { _ = try engine.call(program) }
        }
        for round in 0..<rounds {
            for (index, program) in programs.enumerated() {
                for engine in Schedule.turns(set.engines, from: round + index) where round % engine.interval == 0 {
                    progress.show("round \(round + 1) of \(rounds): \(program.name), \(engine.name)")
                    let usage = try run(program, by: engine, set.launcher)
                    measurements.runs[program.name, default: [:]][engine.name, default: []].append(usage)
                }
            }
        }
        progress.clear()
        return measurements
    }

    private static func run(_ program: BFProgram, by engine: BFEngine, _ launcher: Launcher) throws -> ProcessUsage {
        let (usage, output) = try launcher.run(engine.call(program))
        guard !engine.writesOutput || output == program.expected else {
            throw BenchmarkError("\(program.name): \(engine.name) wrote something else than \(program.name).out")
        }
        return usage
    }
}
