import CStencils
public import UopRuntime

/// A verified program made ready to run: regions, code for the engines that are used, memory.
///
/// One execution belongs to one thread; several run at the same time.
public final class Execution {
    public struct Options {
        /// How often control may come to a jump that leads back (or into a linked trace); nil for as
        /// often as it takes.
        public var fuel: Int64?
        /// Whether that is counted without a limit, too. The check engine needs it to compare a
        /// run that was interrupted.
        public var countsFuel = false
        /// Whether every statement counts how often it is executed.
        public var counts = false
        /// Passes that are left out when machine code is made.
        public var disabledPasses: Set<PassName> = []
        /// Memory for machine code, where the execution has a compiler of its own.
        public var arena = CodeArena.Options()

        public init() {}
    }

    public let program: VerifiedProgram
    package private(set) var regions: RegionSet
    private let lowering: LoweringOptions
    let library: StencilLibrary
    private let helpers: [Helper]
    private let options: Options
    private var interpreter: InterpreterCode?
    /// Whether the interpreter has gone on from where machine code has ended.
    package private(set) var hasResumed = false
    /// What machine code is made with from now on.
    package var compilation = CompilationOptions()
    private var compiler: JITCompiler?
    package private(set) var code: JITCode?
    /// Runs are handed the machine before they begin, so that a signal handler can stop them.
    public var willRun: (Machine) -> Void = { _ in }
    /// What machine code is made to believe of the uops, by their numbers; nil for the program's catalog. Tests keep
    /// moves as nodes, or give wrong facts, to see that checking notices.
    package var planningCatalog: UopCatalog?
    /// The machine of the last run: its state can be read.
    public private(set) var machine: Machine

    /// - Parameters:
    ///   - library: the sets that the program's catalog was made of.
    ///   - helpers: what the host offers; those that the program declares are looked up by name.
    ///   - compiler: where machine code goes; nil for an arena of its own.
    public init(
        _ program: VerifiedProgram, library: StencilLibrary, helpers: [Helper] = [], compiler: JITCompiler? = nil,
        options: Options = Options()
    ) throws(ExecutionError) {
        self.program = program
        self.compiler = compiler
        self.library = library
        self.options = options
        self.helpers = try Self.resolve(program.program.helpers, among: helpers)
        compilation.disabledPasses = options.disabledPasses
        var lowering = LoweringOptions()
        lowering.countsFuel = options.fuel != nil || options.countsFuel
        lowering.counts = options.counts
        self.lowering = lowering
        do throws(LoweringError) {
            regions = try program.regions(lowering)
        } catch { throw .lowering(error) }
        machine = Machine(program.program, layout: regions.layout, helpers: self.helpers)
    }

    deinit {
        // Only a compiler that did not make the code refuses it, and this one did.
        if let code { try? compiler?.release(code) }
    }

    /// The host's helpers in the order of the declarations.
    private static func resolve(
        _ declarations: [HelperDeclaration], among helpers: [Helper]
    ) throws(ExecutionError) -> [Helper] {
        var result: [Helper] = []
        for declaration in declarations {
            guard let helper = helpers.first(where: { $0.name == declaration.name }) else {
                let near = nearestName(to: declaration.name, among: helpers.map(\.name))
                throw .helper(
                    declaration.name,
                    "the host has no helper '\(declaration.name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
            }
            guard helper.parameters == declaration.parameters, helper.result == declaration.result else {
                func signature(_ parameters: [UopClass], _ result: UopClass?) -> String {
                    "(\(parameters.map(\.name).joined(separator: ", ")))" + (result.map { " -> \($0.name)" } ?? "")
                }
                throw .helper(
                    declaration.name,
                    "helper '\(declaration.name)' is declared as "
                        + "\(signature(declaration.parameters, declaration.result)), but the host's is "
                        + "\(signature(helper.parameters, helper.result))")
            }
            result.append(helper)
        }
        return result
    }

    // MARK: Preparing

    /// Makes the code that an engine needs, so that `run` only runs. For the JIT: graph, passes, registers,
    /// emission.
    ///
    /// - Throws: `ExecutionError.emission` where machine code cannot be made; running with the JIT then
    ///   falls back to the interpreter.
    public func prepare(_ engine: EngineKind) throws(ExecutionError) {
        if engine != .jit, interpreter == nil {
            interpreter = InterpreterCode(regions, catalog: program.catalog, library: library)
        }
        guard engine != .interpreter, code == nil else { return }
        do throws(EmissionError) {
            if compiler == nil { compiler = try JITCompiler(library, options: options.arena) }
            code = try compiler?.compile(
                regions, of: program, catalog: planningCatalog ?? program.catalog, options: compilation)
        } catch { throw .emission(error.description) }
    }

    /// Makes the machine code anew, from the verified program: what a compiler of traces does once for
    /// each. For measurements.
    ///
    /// - Parameter keepsRegions: the program is not lowered again.
    public func recompile(keepsRegions: Bool = false) throws(ExecutionError) {
        if let code {
            do throws(MemoryError) { try compiler?.release(code) } catch { throw .emission(error.description) }
            self.code = nil
        }
        if !keepsRegions {
            do throws(LoweringError) { regions = try program.regions(lowering) } catch { throw .lowering(error) }
        }
        try prepare(.jit)
    }

    /// The plan and its machine code with every step's offset, for dumps.
    package func prepared() throws(ExecutionError) -> JITCode {
        compilation.keepsListing = true
        if let code, code.listing == nil { try recompile() }
        try prepare(.jit)
        guard let code else { throw .emission("there is no machine code") }
        return code
    }

    /// The code that the compiler has of its own.
    var bridgeSymbols: [CodeSymbol] { compiler?.bridgeSymbols ?? [] }

    /// The bridges' code, where it belongs to what is shown.
    var foreignBridges: CodePicture.Block? { compiler?.foreignBridges }

    /// What a debugger knows of the machine code, which is entered visibly as long as this is there.
    package var debuggerEntry: DebuggerEntry? {
        get { code?.debuggerEntry }
        set { code?.debuggerEntry = newValue }
    }

    /// Bytes of machine code, constants and exits included; 0 before the JIT is prepared.
    public var codeByteCount: Int { code?.byteCount ?? 0 }

    /// Of them, those in the way of control: what is left is for exits and rare cases.
    public var hotCodeByteCount: Int { code?.hotByteCount ?? 0 }

    /// Whether compiling measures how long each of its stages takes.
    public var measuresStages: Bool {
        get { compilation.measuresTime }
        set { compilation.measuresTime = newValue }
    }

    /// What the stages of the last compilation took, in their order; empty unless `measuresStages`.
    public var stageTimes: [(stage: String, nanoseconds: UInt64)] {
        code?.times.rows ?? []
    }

    // MARK: Running

    /// Runs the program from the beginning of its first trace, with memory as `machine` has it.
    ///
    /// - Throws: `ExecutionError.enginesDiffer` from the check engine, and what `prepare` throws for it.
    public func run(_ engine: EngineKind) throws(ExecutionError) -> RunResult {
        switch engine {
        case .interpreter:
            try prepare(.interpreter)
            return interpret(machine)
        case .jit:
            do throws(ExecutionError) {
                try prepare(.jit)
            } catch {
                try prepare(.interpreter)
                var result = interpret(machine)
                result.notice = "no machine code (\(error)); the interpreter runs instead"
                return result
            }
            return try runMachineCode(machine)
        case .check: return try check()
        }
    }

    /// Fresh memory for another run.
    public func reset() { machine = Machine(program.program, layout: regions.layout, helpers: helpers) }

    private func interpret(_ machine: Machine, fuel: Int64? = nil) -> RunResult {
        guard let interpreter else { preconditionFailure("the interpreter is prepared before it runs") }
        machine.fuel = fuel ?? options.fuel ?? .max
        willRun(machine)
        let (exit, stack) = interpreter.run(machine, region: 0, instruction: 0, depth: 0)
        return result(exit, stack, machine)
    }

    private func runMachineCode(_ machine: Machine) throws(ExecutionError) -> RunResult {
        guard let compiler, let code else { preconditionFailure("machine code is prepared before it runs") }
        machine.fuel = options.fuel ?? .max
        willRun(machine)
        let end: JITEnd
        do throws(ForeignProcessorError) { end = try compiler.run(code, machine, region: 0) } catch { throw .processor(error.description) }
        if let exit = end.exit, end.point != compilation.forcedPoint {
            return result(exit, (0..<end.depth).map { machine[wordAt: regions.layout.stack($0)] }, machine)
        }
        // A check that was made early has failed, or a test wants to leave here: the interpreter goes on.
        let (exit, stack) = resumed(end, machine)
        return result(exit, stack, machine)
    }

    /// Goes on in the interpreter where machine code has ended.
    private func resumed(_ end: JITEnd, _ machine: Machine) -> (exit: Int, stack: [UInt64]) {
        hasResumed = true
        let code = interpreter ?? InterpreterCode(regions, catalog: program.catalog, library: library)
        interpreter = code
        return code.run(machine, region: end.region, instruction: end.instruction, depth: end.depth)
    }

    /// What an exit's number means.
    private func result(_ number: Int, _ stack: [UInt64], _ machine: Machine) -> RunResult {
        let exit = regions.exits[number]
        let instruction = regions.regions[exit.trace].instructions[exit.instruction]
        let statement = Int(instruction.statement)
        let flags = program.catalog.uops[Int(instruction.uop)].flags
        let classes = program.traces[exit.trace].classes(before: statement) ?? []
        // Named arguments are on the stack by now, above what the verifier saw before the statement.
        let words = stack.enumerated().map { index, word in
            (valueClass: index < classes.count ? classes[index] : .I64, word: word)
        }
        return RunResult(
            ending: ending(exit, flags, machine), trace: exit.trace, statement: statement, exitNumber: number,
            stack: words)
    }

    private func ending(_ exit: RegionExit, _ flags: UopFlags, _ machine: Machine) -> RunResult.Ending {
        if flags.contains(.pollsFuel) || flags.contains(.pollsInterrupt) {
            return machine.isInterrupted ? .interrupted : .outOfFuel
        }
        switch exit.target {
        case .exit(let index): return .exit(index)
        case .implicit, .trace:
            if flags.contains(.escapes), machine.helperStatus != 0 { return .helperFailed(status: machine.helperStatus) }
            return flags.contains(.terminator) ? .finished : .sideExit
        }
    }

    // MARK: Checking

    /// Runs the JIT, then the interpreter on memory of its own, and compares all that they can change.
    private func check() throws(ExecutionError) -> RunResult {
        try prepare(.check)
        let log = HelperLog(helpers)
        let first = Machine(program.program, layout: regions.layout, helpers: log.recording)
        let second = Machine(program.program, layout: regions.layout, helpers: log.replaying)
        first.copyLocals(of: machine)
        second.copyLocals(of: machine)
        let result = try runMachineCode(first)
        machine = first
        if result.ending == .interrupted, options.fuel == nil, !options.countsFuel {
            var stopped = result
            stopped.notice = "the run was interrupted, and the interpreter did not repeat it: nothing was compared"
            return stopped
        }
        // An interrupted run is repeated with as much fuel as it took, and so stops at the same back edge.
        let taken = (options.fuel ?? .max) - first.fuel
        let interpreted = interpret(second, fuel: result.ending == .interrupted ? taken : nil)
        if interpreted.ending == .interrupted {
            var stopped = interpreted
            stopped.notice = "the run was interrupted while the interpreter repeated it: nothing was compared"
            machine = second
            return stopped
        }
        log.finish()
        var comparison = Comparison(program: program)
        comparison.compare(result, interpreted)
        comparison.compare(first.state, second.state)
        if let problem = log.problem { comparison.note(problem) }
        guard comparison.differences.isEmpty else {
            throw .enginesDiffer(comparison.report(trace: result.trace, jit: result, interpreter: interpreted))
        }
        return result
    }
}
