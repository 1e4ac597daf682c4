import ArgumentParser
import BFTestSupport
import FuzzCommands

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@main
struct BFFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bffuzz",
        abstract: "Runs random BF programs in a plain interpreter and in engines, and compares what they leave behind.",
        discussion: """
            Ends with status 1 when an engine differs, and gives the smallest program found that shows it. The same seed \
            gives the same programs on machines with pages of the same size.
            """)

    @Option(help: "How many programs to run.")
    var count = 1_000_000

    @Option(help: "Which programs to run; by chance where nothing is said.")
    var seed: UInt64?

    @Option(help: "The number of the first program.")
    var first = 0

    @Option(
        help: ArgumentHelp(
            "Run only this engine: \(BFEngine.all.map(\.name).joined(separator: ", ")). Repeatable.", valueName: "engine"),
        transform: { text in
            guard BFEngine.all.contains(where: { $0.name == text }) else { throw ValidationError("'\(text)' is no engine.") }
            return text
        })
    var engine: [String] = []

    @Flag(help: "Run the JIT without each pass in turn, and nothing else.")
    var withoutEachPass = false

    @Flag(help: "Fail, too, where the programs have not done enough.")
    var assertCoverage = false

    @Flag(help: "Print the first program and run nothing.")
    var printProgram = false

    func validate() throws {
        if withoutEachPass, !engine.isEmpty { throw ValidationError("--engine and --without-each-pass exclude each other") }
    }

    /// Seconds that one program may take, and that the search for a smaller one may. Most take microseconds.
    private static let (programSeconds, searchSeconds): (UInt32, UInt32) = (60, 600)

    mutating func run() throws {
        let seed = seed ?? UInt64.random(in: 0..<1 << 32)
        let engines =
            withoutEachPass ? BFEngine.withoutEachPass : BFEngine.all.filter { engine.isEmpty || engine.contains($0.name) }
        var campaign = BFCampaign(engines, seed: seed, first: first, pageBytes: Int(getpagesize()))
        if printProgram { return print(campaign.nextProgram) }
        print("seed \(seed)")
        let notice = CrashNotice(command: "bffuzz", seed: seed, seconds: Self.programSeconds)
        var progress = Progress(count: count, things: "programs")
        while campaign.coverage.programs < count {
            progress.show(campaign.coverage.programs)
            notice.update(program: campaign.nextIndex)
            guard let finding = campaign.step() else { continue }
            progress.clear()
            try report(finding, seed)
        }
        progress.clear()
        print(campaign.coverage.summary)
        print(progress.rate(campaign.coverage.programs))
        let shortfalls = assertCoverage ? campaign.coverage.shortfalls : []
        for shortfall in shortfalls { print("too little, or too much: \(shortfall)") }
        if !shortfalls.isEmpty { throw ExitCode.failure }
    }

    /// Says what was found, and ends. What is known is said first: an engine may crash or hang on smaller programs.
    private func report(_ finding: BFCampaign.Finding, _ seed: UInt64) throws {
        print("program \(finding.index) of seed \(seed): \(finding.report)")
        fflush(nil)
        alarm(Self.searchSeconds)
        print("the smallest program that shows it:\n\n\(finding.smallest())")
        throw ExitCode.failure
    }
}
