package import UopRuntime
package import UopVM

/// A program run by both engines, with their states compared.
package struct CheckedRun {
    /// What is wrong with a program or an engine.
    package enum Failure: Error, CustomStringConvertible {
        /// The generator wrote a program that the verifier refuses.
        case refused(InvalidInput)
        case engines(ExecutionError)

        package var description: String {
            switch self {
            case .refused(let error):
                "the verifier refuses a random program:\n"
                    + error.diagnostics.map { "  \($0.message)\n" }.joined()
            case .engines(let error): error.description
            }
        }
    }

    /// What programs are run with.
    package struct Setup: Sendable {
        package var catalog: UopCatalog
        package var library: StencilLibrary
        /// What the library points into, where that is a copy.
        private var copy: DamagedStencils?
        /// Passes that are left out.
        package var disabledPasses: Set<PassName> = []
        /// What the planner believes of the uops; and where those that move words become code.
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
    }

    package let result: RunResult
    /// By statement of all traces: how often it was executed.
    package let counters: [UInt64]
    /// Whether machine code had more values than registers.
    package let hasSpills: Bool

    /// Verifies the program and runs it in both engines.
    package init(_ item: RandomPrograms.Item, _ setup: Setup) throws(Failure) {
        let verified: VerifiedProgram
        do throws(InvalidInput) {
            verified = try item.program.verified(catalog: setup.catalog)
        } catch { throw .refused(error) }
        let mode = item.mode
        do throws(ExecutionError) {
            let checked = try Self.execution(verified, setup, mode, counts: mode.countsInCheck)
            result = try checked.run(.check)
            hasSpills = (checked.code?.spillCount ?? 0) > 0
            counters = mode.countsInCheck ? checked.machine.counters : try Self.countStatements(verified, mode, setup)
            if mode.repeatsWithoutFuel, result.ending != .outOfFuel {
                _ = try Self.execution(verified, setup, mode, counts: false, countsFuel: false).run(.check)
            }
        } catch { throw .engines(error) }
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
        let execution = try Execution(program, library: setup.library, helpers: helpers.all, options: options)
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
