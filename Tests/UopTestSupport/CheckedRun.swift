package import UopRuntime
package import UopVM

/// A program run by both engines, with their states compared.
package struct CheckedRun {
    /// What is wrong with a program or an engine.
    package enum Failure: Error, CustomStringConvertible {
        /// The generator wrote a program that the verifier refuses.
        case refused(InvalidInput)
        case engines(ExecutionError)
        /// Graphs that break rules, after which passes.
        case graphs([String])

        package var description: String {
            switch self {
            case .refused(let error):
                "the verifier refuses a random program:\n"
                    + error.diagnostics.map { "  \($0.message)\n" }.joined()
            case .engines(let error): error.description
            case .graphs(let problems): "graphs break rules:\n" + problems.map { "  \($0)\n" }.joined()
            }
        }
    }

    /// What programs are run with.
    package struct Setup: Sendable {
        package var catalog: UopCatalog
        package var library: StencilLibrary
        /// What the library points into, where that is a copy.
        private var copy: DamagedStencils?
        /// Where the code goes; nil for memory of each run's own. Who sets it stays in one thread.
        package nonisolated(unsafe) var compiler: JITCompiler?
        /// Passes that are left out.
        package var disabledPasses: Set<PassName> = []
        /// A mistake that compilation makes on purpose.
        package var fault: PassFault?
        /// What graphs' nodes are numbered by, where graphs are watched: by what compilation believes.
        private var graphShapes: (plain: [UopShape], withMoves: [UopShape])?
        /// What compilation believes of the uops; and the same where those that move words become code.
        package var planningCatalog: UopCatalog
        package var planningCatalogWithMoves: UopCatalog

        package init(catalog: UopCatalog, library: StencilLibrary) {
            self.catalog = catalog
            self.library = library
            planningCatalog = catalog
            planningCatalogWithMoves = UopCatalog(
                uops: catalog.uops.map { uop in
                    UopCatalog.Uop(
                        name: uop.name, documentation: uop.documentation, inputs: uop.inputs, outputs: uop.outputs,
                        operands: uop.operands, flags: uop.flags.subtracting(.moves))
                })
        }

        /// With machine code that is damaged.
        package init(_ traits: UopTraits, _ damaged: DamagedStencils) throws(StencilSetError) {
            self.init(catalog: traits.catalog, library: try damaged.library())
            copy = damaged
        }

        package init(_ traits: UopTraits) { self.init(catalog: traits.catalog, library: traits.library) }

        /// The same, where each pass must leave graphs that keep the rules.
        package var watchingGraphs: Setup {
            var result = self
            func shapes(_ catalog: UopCatalog) -> [UopShape] { catalog.withFusions(of: library).shapes }
            result.graphShapes = (shapes(planningCatalog), shapes(planningCatalogWithMoves))
            return result
        }

        fileprivate func watch(_ mode: RunMode) -> GraphWatch? {
            graphShapes.map { GraphWatch(mode.keepsMoves ? $0.withMoves : $0.plain) }
        }
    }

    package let result: RunResult
    /// By statement of all traces: how often it was executed.
    package let counters: [UInt64]
    /// Whether machine code had more values than registers.
    package let hasSpills: Bool
    /// Whether a check that was made early has failed, and the interpreter went on.
    package let hasLeftEarly: Bool
    /// What graphs had and passes did; nil where nobody looked.
    package let sights: Set<GraphWatch.Sight>?

    /// Verifies the program and runs it in both engines.
    package init(_ item: RandomPrograms.Item, _ setup: Setup) throws(Failure) {
        let verified: VerifiedProgram
        do throws(InvalidInput) {
            verified = try item.program.verified(catalog: setup.catalog)
        } catch { throw .refused(error) }
        let mode = item.mode
        let watch = setup.watch(mode)
        do throws(ExecutionError) {
            let checked = try Self.execution(verified, setup, mode, counts: mode.countsInCheck)
            if let watch { checked.compilation.observer = { pass, _, graph in watch.see(pass, graph) } }
            try checked.prepare(.check)
            if let watch, !watch.problems.isEmpty { throw ExecutionError.emission("not run") }
            result = try checked.run(.check)
            hasSpills = (checked.code?.spillCount ?? 0) > 0
            hasLeftEarly = checked.hasResumed
            counters = mode.countsInCheck ? checked.machine.counters : try Self.countStatements(verified, mode, setup)
            if mode.repeatsWithoutFuel, result.ending != .outOfFuel {
                _ = try Self.execution(verified, setup, mode, counts: false, countsFuel: false).run(.check)
            }
        } catch {
            if let watch, !watch.problems.isEmpty { throw .graphs(watch.problems) }
            throw .engines(error)
        }
        sights = watch?.sights
    }

    /// By statement of all traces: how often the interpreter executes it.
    static func countStatements(_ program: Program, _ mode: RunMode, _ setup: Setup) throws -> [UInt64] {
        try countStatements(program.verified(catalog: setup.catalog), mode, setup)
    }

    private static func countStatements(
        _ program: VerifiedProgram, _ mode: RunMode, _ setup: Setup
    ) throws(ExecutionError) -> [UInt64] {
        let execution = try execution(program, setup, mode, counts: true)
        _ = try execution.run(.interpreter)
        return execution.machine.counters
    }

    private static func execution(
        _ program: VerifiedProgram, _ setup: Setup, _ mode: RunMode, counts: Bool, countsFuel: Bool = true
    ) throws(ExecutionError) -> Execution {
        var options = Execution.Options()
        options.fuel = countsFuel ? mode.fuel : nil
        options.counts = counts
        options.disabledPasses = setup.disabledPasses
        let running = RunningMachine()
        let helpers = FuzzHelpers(program: program.program) { running.stop() }
        let execution = try unsafe Execution(
            program, library: setup.library, helpers: helpers.all, compiler: setup.compiler, options: options)
        execution.compilation.fault = setup.fault
        execution.planningCatalog = mode.keepsMoves ? setup.planningCatalogWithMoves : setup.planningCatalog
        execution.willRun = { running.machine = running.machine ?? $0 }
        return execution
    }

    /// The machine that runs first. The second run of a check is not stopped by helpers, which only answer as
    /// before: it ends where its fuel says.
    private final class RunningMachine {
        // Weak: the machine's helpers hold this object.
        weak var machine: Machine?
        func stop() {
            guard let machine else { return }
            unsafe machine.interruptAddress.pointee = .max
        }
    }
}
