import BFFrontEnd
import CStencils
import UopRuntime
import UopVM

extension BFEngine {
    /// The engines that random programs are run on. A new engine is one more line here.
    public static let all: [BFEngine] = [
        BFEngine("jit") { try run($0, .jit) },
        BFEngine("interpreter") { try run($0, .interpreter) },
        BFEngine("jit without passes") { try run($0, .jit, without: Set(BFPassName.allCases)) },
        BFEngine("interpreter without passes") { try run($0, .interpreter, without: Set(BFPassName.allCases)) },
        // Written for this purpose only, so that the harness has something to compare.
        BFEngine("tree") { TreeBF.run($0) },
    ]

    /// The JIT without each of the passes.
    public static let withoutEachPass: [BFEngine] = BFPassName.allCases.map { pass in
        BFEngine("jit without \(pass.rawValue)") { try run($0, .jit, without: [pass]) }
    }

    private static let library: Result<StencilLibrary, any Error> = Result {
        try unsafe StencilLibrary([uop_base_stencils()])
    }

    private static func run(_ item: BFCase, _ engine: EngineKind, without passes: Set<BFPassName> = []) throws -> BFOutcome {
        var options = BFOptions()
        options.cellBits = CellBits(rawValue: item.cellBits) ?? .bits8
        options.cellsLeft = item.cellsLeft
        options.cellsRight = item.cellsRight
        options.endOfInput = BFOptions.EndOfInput(rawValue: item.endOfInput.rawValue) ?? .unchanged
        options.disabledPasses = passes
        var output: [UInt8] = []
        var position = 0
        let streams = BFStreams(
            read: {
                guard position < item.input.count else { return .end }
                position += 1
                return .byte(item.input[position - 1])
            }, write: { output.append($0) })
        let execution = try BFExecution(BFProgram(item.text, options: options), library: library.get(), streams: streams)
        try execution.prepare(engine)
        let result = try execution.run(engine)
        switch result.ending {
        case .finished:
            return BFOutcome(output: output, ending: .finished, tape: execution.tapeCells.map { execution.cell($0) ?? 0 })
        case .offTape(let cell):
            return BFOutcome(output: output, ending: .offTape(cell: cell, position: result.position ?? -1), tape: [])
        case .outOfFuel, .interrupted:
            return BFOutcome(output: output, ending: .outOfSteps, tape: [])
        }
    }
}
