import ArgumentParser
import Foundation

/// `uopbench loops`
struct LoopsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loops",
        abstract: "Run times of 14 loops in our engines, and in the twins by clang and LuaJIT.",
        discussion: """
            Engines run in alternation, each round at another placement of the code; tables show medians, with half \
            the distance of the quartiles behind. docs/benchmarks/README.md says what is measured.
            """)

    @OptionGroup var checkout: Checkout
    @OptionGroup(title: "Engines") var engines: EngineOptions

    @Option(help: "How often everything runs; a multiple of 4, for as many placements. 12; 4 with --quick.")
    var rounds: Int?

    @Flag(help: "Fewer engines and rounds: under three minutes where a core is free.")
    var quick = false

    @Option(help: ArgumentHelp("Where the numbers go, as JSON.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Where the picture goes, as SVG.", valueName: "file"))
    var chart: String?

    private typealias Name = EngineSet.Name

    mutating func run() throws {
        let wanted =
            quick
            ? [Name.jit, Name.interpreter, Name.unoptimised, Name.optimised, Name.scalar, Name.luajit] : Name.all
        let set = try EngineSet(engines, checkout, wanted: wanted)
        Progress.say(set.absences)
        let schedule = Schedule(rounds: max(1, rounds ?? (quick ? 4 : 12)))
        let measurements = try schedule.measure(set, progress: Progress())
        let code = try codeSizes(set)
        let table = LoopsTable(measurements: measurements, code: code)
        let results = Results(measurements, code: code, set: set, rounds: schedule.rounds)
        print(results.machine.text)
        print(
            set.versions.sorted { $0.key < $1.key }.map(\.value).joined(separator: ", "), "-march=\(set.instructionSet)"
        )
        print("\nTimes in \(Name.scalar)'s (medians of \(schedule.rounds) rounds)\n")
        print(table.times)
        print(table.sizes)
        for bound in results.bounds { print(bound.line) }
        if let out { try results.writeJSON(to: out) }
        if let chart {
            try Chart.loops(measurements, results.machine).write(to: chart)
        }
    }

    private func codeSizes(_ set: EngineSet) throws -> [String: CodeSizes] {
        var sizes: [String: CodeSizes] = [:]
        for loop in set.loops {
            var found = CodeSizes()
            for engine in set.engines {
                guard engine.name == Name.jit || engine.name == Name.scalar, let size = try engine.codeSize(loop) else { continue }
                if engine.name == Name.jit {
                    (found.jit, found.jitHot) = size
                } else {
                    found.scalar = size.all
                }
            }
            sizes[loop.name] = found
        }
        return sizes
    }
}
