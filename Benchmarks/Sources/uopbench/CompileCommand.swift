import ArgumentParser
import CStencils
import Foundation
import UopRuntime
import UopVM

/// `uopbench compile`
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "How long it takes to make machine code: of traces of several sizes, and of the 14 loops beside compilers.")

    @OptionGroup var checkout: Checkout

    @Option(help: ArgumentHelp("For profilers: compile a trace of so many uops, and do nothing else.", valueName: "uops"))
    var only: Int?

    @Option(help: "With --only: how often.")
    var times: Int?

    @Flag(help: "Leave the compilers out.")
    var withoutRivals = false

    mutating func run() throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()])
        let stages = CompileStages(library: library, catalog: UopCatalog(library))
        if let only { return try stages.repeatCompiling(uops: only, times: times ?? 20_000_000 / max(1, only)) }
        try stages.print()
    }
}
