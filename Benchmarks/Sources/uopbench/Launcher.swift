import Foundation

/// A command line and what it reads.
struct CommandLineCall {
    var executable: URL
    var arguments: [String]
    /// Standard input; nil for none.
    var input: URL?
}

/// What a process took, from its start to its end.
struct ProcessUsage: Codable {
    var userSeconds: Double
    var systemSeconds: Double
    /// By the clock.
    var wallSeconds: Double
    /// Of user and system. Linux divides the time between the two by what its ticks find; of a run that is over within a
    /// few ticks only the sum is known.
    var processorSeconds: Double { userSeconds + systemSeconds }
    /// The most memory that it had at once.
    var peakBytes: Double
}

/// Runs programs by Benchmarks/Launcher/launch.c, which tells what each of them took.
struct Launcher {
    private let program: URL
    private let output: URL

    init(_ programs: RivalPrograms) throws {
        program = try programs.build(programs.checkout.launcher, as: "launch")
        output = programs.built.appendingPathComponent("launched-output")
    }

    /// What a call took, and what it wrote.
    ///
    /// - Throws: `BenchmarkError` where it ends with another status than 0, with what it wrote to standard error.
    func run(_ call: CommandLineCall) throws -> (usage: ProcessUsage, output: Data) {
        let line = try Processes.output(
            of: program,
            [call.input?.path ?? "/dev/null", output.path, call.executable.path] + call.arguments)
        let numbers = line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard numbers.count == 4 else { throw BenchmarkError("launch: expected four numbers; found '\(line)'") }
        let usage = ProcessUsage(
            userSeconds: numbers[0], systemSeconds: numbers[1], wallSeconds: numbers[2], peakBytes: numbers[3])
        return (usage, try Data(contentsOf: output))
    }
}
