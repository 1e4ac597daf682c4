import ArgumentParser
import CStencils
import FuzzCommands
import UopRuntime
import UopTestSupport
import UopVM

@main
struct UopFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uopfuzz",
        abstract: "Runs random programs in the interpreter and the JIT, and compares what they leave behind.",
        discussion: """
            Ends with status 1 when the engines differ, and gives the smallest program found that shows it. The same \
            seed gives the same programs.
            """)

    @Option(help: "How many traces to run; the last program may add a few.")
    var count = 1_000_000

    @Option(help: "Which programs to run; by chance where nothing is said.")
    var seed: UInt64?

    @Option(help: "The number of the first program.")
    var first = 0

    @Option(
        help: ArgumentHelp(
            "Leave out a pass: \(PassName.allCases.map(\.rawValue).joined(separator: ", ")). Repeatable.", valueName: "pass"),
        transform: { text in
            guard let pass = PassName(rawValue: text) else { throw ValidationError("'\(text)' is no pass.") }
            return pass
        })
    var noPass: [PassName] = []

    @Flag(help: "Run that many traces for each pass, without it.")
    var withoutEachPass = false

    @Option(help: ArgumentHelp("Where the program that shows a difference goes; otherwise it is printed.", valueName: "file"))
    var out: String?

    @Flag(help: "Fail, too, where the programs have not made the engines do enough.")
    var assertCoverage = false

    @Flag(help: "Print the first program and run nothing.")
    var printProgram = false

    @Flag(help: "Damage each stencil in turn instead, and fail where no program notices.")
    var damage = false

    @OptionGroup(title: "Running one file")
    var replay: ReplayOptions

    mutating func run() throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()])
        if let file = replay.replay { return try run(file, library) }
        let seed = seed ?? UInt64.random(in: 0..<1 << 32)
        if damage { return try runDamage(seed) }
        let turns = withoutEachPass ? PassName.allCases.map { noPass + [$0] } : [noPass]
        for turn in turns { try run(library, seed, without: turn) }
    }

    private func run(_ library: StencilLibrary, _ seed: UInt64, without noPass: [PassName]) throws {
        var campaign = try FuzzCampaign(library, seed: seed, first: first, disabledPasses: Set(noPass))
        if printProgram { return print(campaign.nextProgram) }
        print("seed \(seed)" + noPass.map { ", without \($0.rawValue)" }.joined())
        let notice = CrashNotice(command: "uopfuzz", seed: seed)
        var progress = Progress(count: count, things: "traces")
        while campaign.coverage.traces < count {
            progress.show(campaign.coverage.traces)
            notice.update(program: campaign.nextIndex)
            guard let finding = campaign.step() else { continue }
            progress.clear()
            try report(finding, seed)
        }
        progress.clear()
        print(campaign.coverage.summary)
        print(progress.rate(campaign.coverage.traces))
        let shortfalls = assertCoverage ? campaign.coverage.shortfalls : []
        for shortfall in shortfalls { print("too little: \(shortfall)") }
        if !shortfalls.isEmpty { throw ExitCode.failure }
    }

    /// Says what was found, and ends.
    private func report(_ finding: FuzzCampaign.Finding, _ seed: UInt64) throws {
        print("program \(finding.index) of seed \(seed): \(finding.report)")
        if let out {
            try Files.store(finding.reproducer, in: out)
            print("the smallest program that shows it is in \(out)")
        } else {
            print("the smallest program that shows it:\n\n\(finding.reproducer)")
        }
        throw ExitCode.failure
    }

    private func runDamage(_ seed: UInt64) throws {
        let report = try unsafe DamageReport(uop_base_stencils(), seed: seed, limit: 10_000)
        print("seed \(seed): \(report.programs.count) damages, each noticed by one of the first \(report.most) programs")
        for survivor in report.survivors { print("nobody noticed: \(survivor)") }
        if !report.survivors.isEmpty { throw ExitCode.failure }
    }

    private func run(_ file: String, _ library: StencilLibrary) throws {
        let failure = try FuzzCampaign.replay(
            Files.contents(of: file), library, fuel: replay.fuel, countsStatements: replay.countStatements,
            repeatsWithoutFuel: replay.repeatWithoutFuel, keepsMoves: replay.keepMoves,
            disabledPasses: Set(noPass))
        print(failure ?? "the engines agree")
        if failure != nil { throw ExitCode.failure }
    }
}

/// How a file is run that an earlier run has left.
struct ReplayOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Run this program; its first line says with which other options.", valueName: "file"))
    var replay: String?

    @Option(help: "Back edges that may be taken.")
    var fuel: Int64 = 1000

    @Flag(help: "Count statements while the engines are compared.")
    var countStatements = false

    @Flag(help: "Run it again without counting fuel.")
    var repeatWithoutFuel = false

    @Flag(help: "Make code of uops that only move words.")
    var keepMoves = false
}
