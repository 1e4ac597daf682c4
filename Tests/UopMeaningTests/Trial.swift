import CStencils
import UopRuntime
import UopVM

/// The uops under test.
enum Base {
    static let library = library(nil)
    static let baseline = library(.X86_64)

    private static func library(_ isa: UopISA?) -> StencilLibrary {
        do {
            return try unsafe StencilLibrary([uop_base_stencils()], isa: isa)
        } catch {
            fatalError("\(error)")
        }
    }
    static let catalog = UopCatalog(library)
}

/// What executes a trial's trace.
enum Engine: CaseIterable, Sendable {
    case interpreter
    case jit
    /// The JIT that keeps moves: uops that only move words are nodes of the graph, and are executed, as any other.
    case plainJIT
    /// The JIT with the code that every processor can execute.
    case baselineJIT
}

/// How a run ended: by which of the program's exits, at which uop, with which words on the stack.
struct Ending: Equatable {
    /// The index in `Program.exits`; nil where the exit has no name.
    var exit: Int?
    var uop: String
    var stack: [UInt64]
}

/// A program made ready for every engine, to be run again and again.
final class Trial {
    let program: Program
    private let regions: RegionSet
    private let interpreter: InterpreterCode
    private let compiler: JITCompiler
    private let code: JITCode
    private let plainCode: JITCode
    private let baselineCompiler: JITCompiler
    private let baselineCode: JITCode
    private let helpers: [Helper]
    /// The memory that the next run works on.
    private(set) var machine: Machine

    init(_ program: Program, helpers: [Helper] = [], options: LoweringOptions = LoweringOptions()) throws {
        self.program = program
        self.helpers = helpers
        let verified = try program.verified(catalog: Base.catalog)
        regions = try verified.regions(options)
        interpreter = InterpreterCode(regions, catalog: Base.catalog, library: Base.library)
        compiler = try JITCompiler(Base.library)
        code = try compiler.compile(regions, of: verified, catalog: Base.catalog)
        plainCode = try compiler.compile(regions, of: verified, catalog: Self.catalogWithoutMoves)
        baselineCompiler = try JITCompiler(Base.baseline)
        baselineCode = try baselineCompiler.compile(regions, of: verified, catalog: Base.catalog)
        machine = Machine(program, layout: regions.layout, helpers: helpers)
    }

    convenience init(_ text: String, helpers: [Helper] = [], options: LoweringOptions = LoweringOptions()) throws {
        try self.init(Program(parsing: text, catalog: Base.catalog), helpers: helpers, options: options)
    }

    deinit {
        // The arena goes with its compiler.
        try? compiler.release(code)
        try? compiler.release(plainCode)
        try? baselineCompiler.release(baselineCode)
    }

    /// No uop of this one is a mere move.
    private static let catalogWithoutMoves = UopCatalog(
        uops: Base.catalog.uops.map { uop in
            UopCatalog.Uop(
                name: uop.name, documentation: uop.documentation, inputs: uop.inputs, outputs: uop.outputs,
                operands: uop.operands, flags: uop.flags.subtracting(.moves))
        })

    /// Memory as the program declares it, or with other initial values.
    func reset(_ change: (inout Program) -> Void = { _ in }) {
        var changed = program
        change(&changed)
        machine = Machine(changed, layout: regions.layout, helpers: helpers)
    }

    /// Where machine code leaves; or where the interpreter does, if it has to go on.
    private func ended(_ compiler: JITCompiler, _ code: JITCode) -> (exit: Int, stack: [UInt64]) {
        // Only other processors fail.
        guard let end = try? compiler.run(code, machine, region: 0) else { fatalError("this processor has failed") }
        if let exit = end.exit { return (exit, (0..<end.depth).map { machine[wordAt: regions.layout.stack($0)] }) }
        return interpreter.run(machine, region: end.region, instruction: end.instruction, depth: end.depth)
    }

    func run(_ engine: Engine) -> Ending {
        let (number, stack) =
            switch engine {
            case .interpreter: interpreter.run(machine, region: 0, instruction: 0, depth: 0)
            case .jit: ended(compiler, code)
            case .plainJIT: ended(compiler, plainCode)
            case .baselineJIT: ended(baselineCompiler, baselineCode)
            }
        let exit = regions.exits[number]
        let uop = Base.catalog.uops[Int(regions.regions[exit.trace].instructions[exit.instruction].uop)]
        let name: Int? = if case .exit(let index) = exit.target { index } else { nil }
        return Ending(exit: name, uop: uop.name, stack: stack)
    }
}
