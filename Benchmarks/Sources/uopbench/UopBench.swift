import ArgumentParser

@main
struct UopBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uopbench",
        abstract: "Measures machine code of uops, and its making, beside compilers and other engines.",
        subcommands: [LoopsCommand.self, VerifyCommand.self, CompileCommand.self, BFCommand.self, BFCompileCommand.self])
}

/// What went wrong, in words for people.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
