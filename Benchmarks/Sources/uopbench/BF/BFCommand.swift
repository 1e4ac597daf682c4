import ArgumentParser
import Foundation

/// `uopbench bf`
struct BFCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bf",
        abstract: "BF programs in our engines, as C by clang, by LLVM's JIT and in a plain interpreter.",
        discussion: """
            Engines run in alternation, each run in a process of its own; tables show medians of its user time, with \
            half the distance of the quartiles behind. docs/benchmarks/README.md says what is measured.
            """)

    @OptionGroup var options: BFBenchmarkOptions

    @Option(help: "How often everything runs. 12; 4 with --quick.")
    var rounds: Int?

    @Flag(help: "Fewer engines and rounds.")
    var quick = false

    @Option(help: ArgumentHelp("Where the numbers go, as JSON.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("Where the picture goes, as SVG.", valueName: "file"))
    var chart: String?

    func run() throws {
        let corpus = options.corpusFolder
        // The programs are other people's: a checkout without them is whole.
        guard FileManager.default.fileExists(atPath: corpus.path) else {
            print("uopbench: no BF programs in \(corpus.path): nothing is measured (--corpus names their folder)")
            return
        }
        let programs = try BFProgram.named(options.programs, in: corpus)
        let set = try BFEngineSet(options, wanted: quick ? BFEngine.Name.quick : BFEngine.Name.all)
        Progress.say(set.absences)
        let rounds = max(1, rounds ?? (quick ? 4 : 12))
        let measurements = try BFMeasurements.measure(programs, set, rounds: rounds)
        let compileTimes = try BFCompileTimes(corpus, isQuick: quick)
        let results = BFResults(measurements, compileTimes, set, rounds: rounds)
        show(results, BFTables(measurements: measurements, compileTimes: compileTimes))
        if let out { try results.writeJSON(to: out) }
        if let chart { try Chart.bf(measurements, results.machine).write(to: chart) }
    }

    private func show(_ results: BFResults, _ tables: BFTables) {
        print(results.machine.text)
        print(results.versions.sorted { $0.key < $1.key }.map(\.value).joined(separator: ", "))
        print("\nUser times in \(BFEngine.Name.compiled)'s (medians of up to \(results.rounds) rounds)\n")
        print(tables.times)
        print("By the clock, and peak memory\n")
        print(tables.wallAndMemory)
        print("From text to sealed code\n")
        print(tables.compiling)
        for bound in results.bounds { print(bound.line) }
        print(Bound.summary(results.bounds))
    }
}
