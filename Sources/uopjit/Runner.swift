import ArgumentParser
import CStencils
import UopRuntime
import UopVM

/// One file: read, parsed, verified, then dumped or run.
struct Runner {
    /// The exit statuses of sysexits.h that are used beside 0 and 1.
    enum Status {
        static let done: Int32 = 0
        static let failed: Int32 = 1
        static let badUsage: Int32 = 64
        static let badInput: Int32 = 65
        static let ourFault: Int32 = 70
        static let outputLost: Int32 = 74
    }

    private let options: RunOptions
    private let bf: BFRunOptions
    private let debugging: DebugOptions
    private let file: String
    private let limits: Limits
    private var clock = Stopwatch()

    init(_ options: UopJIT, file: String) {
        self.options = options.running
        bf = options.bf
        debugging = options.debugging
        self.file = file
        limits = options.limits.limits
    }

    private var displayName: String { file == "-" ? "<standard input>" : file }

    /// Does what was asked and says what went wrong; returns the exit status.
    mutating func run() -> Int32 {
        let source: [UInt8]
        switch readInput(file, limit: limits.fileBytes) {
        case .success(let bytes): source = bytes
        case .failure(let failure): return fail(Status.badInput, "\(displayName): \(failure.reason)")
        }
        guard let format = options.format ?? InputFormat(fileName: file) else {
            return fail(Status.badInput, "\(file): unknown kind of file; expected .uops, .b or .bf, or --format")
        }
        let library: StencilLibrary
        do throws(StencilSetError) {
            library =
                if let target = options.target {
                    try unsafe StencilLibrary([uop_base_stencils()], forObjectOf: target.isa, convention: target.convention)
                } else {
                    try unsafe StencilLibrary([uop_base_stencils()], isa: options.isa?.isa)
                }
        } catch {
            if let target = options.target {
                return fail(
                    Status.badUsage,
                    "--target \(target.name): this uopjit has no tables for it: build it with --traits AllTargets")
            }
            return fail(options.isa == nil ? Status.ourFault : Status.badUsage, "\(error)")
        }
        clock.start()
        if format == .bf {
            let runner = BFRunner(options: options, bf: bf, debugging: debugging, limits: limits, name: displayName, source: source)
            return runner.run(library, &clock)
        }
        let catalog = UopCatalog(library)
        clock.lapOfRun("catalog")
        do throws(InvalidInput) {
            var program = try Program(parsing: source, catalog: catalog, limits: limits)
            clock.lap("parse")
            do throws(SettingError) {
                try Settings(options.settings, file: displayName).apply(to: &program, limits: limits)
            } catch { return fail(Status.badUsage, error.description) }
            let verified = try program.verified(catalog: catalog, limits: limits)
            clock.lap("verify")
            return execute(verified, library: library, source: source)
        } catch {
            printError(error.rendered(file: displayName, source: source))
            return Status.badInput
        }
    }

    private func fail(_ status: Int32, _ message: String) -> Int32 {
        printError("uopjit: error: \(message)\n")
        return status
    }

    // MARK: Running

    private mutating func execute(
        _ program: VerifiedProgram, library: StencilLibrary, source: [UInt8]
    ) -> Int32 {
        let expectsOutput = program.program.expectations.contains { if case .output = $0.kind { true } else { false } }
        let output = OutputStream(captures: expectsOutput && !options.ignoresExpectations)
        var executionOptions = Execution.Options()
        executionOptions.fuel = options.fuel
        executionOptions.countsFuel = options.engine == .check
        executionOptions.counts = options.profile
        executionOptions.disabledPasses = Set(options.disabledPasses)
        if options.target != nil { executionOptions.arena.foreignAddress = CodeTarget.codeAddress }
        do throws(ExecutionError) {
            let execution = try Execution(
                program, library: library, helpers: HostHelpers(output: output, input: InputStream()).all,
                options: executionOptions)
            execution.compilation.measuresTime = options.time
            clock.lap("lower")
            if !options.dump.isEmpty || debugging.emitObject != nil { return try dump(execution, output) }
            execution.compilation.keepsListing = debugging.showsCode
            let isReady = prepare(execution)
            clock.lap("compile", stages: execution.stageTimes)
            if isReady, options.engine != .interpreter, debugging.showsCode {
                execution.debuggerEntry = debugging.show(try execution.picture())
                clock.start()
            }
            execution.willRun = Interrupts.watch
            let result = try execution.run(isReady ? options.engine : .interpreter)
            Interrupts.stopWatching()
            clock.lapOfRun("run")
            output.flush()
            return finish(execution, result, output, source: source)
        } catch {
            output.flush()
            guard case .helper(let name, let message) = error else {
                return fail(Status.ourFault, "\(displayName): \(error)")
            }
            let location = program.program.helpers.first { $0.name == name }?.location ?? .none
            let diagnostic = Diagnostic(
                message, at: location, note: "uopjit has " + HostHelpers.signatures.joined(separator: ", "))
            printError(diagnostic.rendered(file: displayName, source: source))
            return Status.badInput
        }
    }

    /// Makes the engine's code; false, with a line that says so, where only the interpreter can run.
    private func prepare(_ execution: Execution) -> Bool {
        do throws(ExecutionError) {
            try execution.prepare(options.engine)
            return true
        } catch {
            printError("uopjit: warning: no machine code (\(error)); the interpreter runs instead\n")
            return false
        }
    }

    private func dump(_ execution: Execution, _ output: OutputStream) throws(ExecutionError) -> Int32 {
        for kind in options.dump {
            switch kind {
            case .uops: output.write(Dump.uops(execution))
            case .ssa: output.write(try Dump.ssa(execution, at: options.after))
            case .plan: output.write(try Dump.plan(execution))
            case .code: output.write(try Dump.code(execution.picture()))
            }
        }
        output.flush()
        if let problem = try debugging.writeObject(for: options.target, execution.picture) { return fail(Status.outputLost, problem) }
        return Status.done
    }

    /// Prints what is to be seen at the end, and judges.
    private func finish(
        _ execution: Execution, _ result: RunResult, _ output: OutputStream, source: [UInt8]
    ) -> Int32 {
        let program = execution.program.program
        let stream = OutputStream(captures: false)
        if let notice = result.notice { printError("uopjit: warning: \(notice)\n") }
        if !options.quiet {
            for (index, local) in program.locals.enumerated() {
                stream.write("\(local.name) = \(local.valueClass.text(of: execution.machine.local(index)))\n")
            }
        }
        if options.profile { stream.write(Dump.profile(execution)) }
        stream.flush()
        if options.time { printError(clock.report(uopCount(of: program), ("a uop", "uops"), byteCount: execution.codeByteCount)) }
        let judge = Judge(
            execution: execution, output: output.captured, ignoresExpectations: options.ignoresExpectations)
        let failures = judge.failures(result)
        for failure in failures { printError(failure.rendered(file: displayName, source: source)) }
        return failures.isEmpty ? Status.done : Status.failed
    }

    private func uopCount(of program: Program) -> Int {
        program.traces.reduce(0) { sum, trace in
            sum + trace.statements.count { if case .uop = $0.kind { true } else { false } }
        }
    }
}
