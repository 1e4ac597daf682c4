import ArgumentParser
import CStencils
import Foundation
import UopRuntime
import UopVM

/// `uopbench compile`
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract:
            "How long it takes to make machine code: of traces of several sizes, and of the 14 loops beside compilers.")

    @OptionGroup var checkout: Checkout

    @Option(
        help: ArgumentHelp("For profilers: compile a trace of so many uops, and do nothing else.", valueName: "uops"))
    var only: Int?

    @Option(help: "With --only: how often.")
    var times: Int?

    @Option(
        help: ArgumentHelp(
            "The clang that builds the rivals; the one beside swift if nothing is said.", valueName: "path"))
    var clang: String?

    @Flag(help: "Leave the compilers out.")
    var withoutRivals = false

    mutating func run() throws {
        let library = try unsafe StencilLibrary([uop_base_stencils()])
        let shared = UopEngine.Shared(library: library, catalog: UopCatalog(library), folder: checkout.loops)
        let stages = CompileStages(library: library, catalog: shared.catalog)
        if let only { return try stages.repeatCompiling(uops: only, times: times ?? 20_000_000 / max(1, only)) }
        try stages.print()
        print()
        let rivals = withoutRivals ? nil : try CompileRivals(checkout, clang: Clang(given: clang))
        try CompileLoops(shared: shared, rivals: rivals).print()
    }
}
