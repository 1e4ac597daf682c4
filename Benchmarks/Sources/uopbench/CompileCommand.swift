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
        help: ArgumentHelp(
            "For profilers: compile a trace of so many uops, or a loop, and do nothing else.", valueName: "uops|loop"))
    var only: String?

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
        if let only { return try repeatCompiling(only, stages, shared) }
        try stages.print()
        print()
        try stages.printStages()
        print()
        let rivals = withoutRivals ? nil : try CompileRivals(checkout, clang: Clang(given: clang))
        try CompileLoops(shared: shared, rivals: rivals).print()
    }

    private func repeatCompiling(_ only: String, _ stages: CompileStages, _ shared: UopEngine.Shared) throws {
        let program: Program
        if let loop = Loop.all.first(where: { $0.name == only }) {
            program = try LoopProgram(loop, in: shared.folder, catalog: shared.catalog).program
        } else if let uops = Int(only) {
            program = try Program(parsing: CompileStages.source(uops: uops), catalog: shared.catalog)
        } else {
            throw ValidationError("'\(only)' is neither a number of uops nor one of the loops")
        }
        try stages.repeatCompiling(program, times: times ?? 100_000)
    }
}
