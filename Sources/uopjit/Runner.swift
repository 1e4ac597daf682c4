import ArgumentParser
import BFFrontEnd
import CStencils
import UopRuntime
import UopVM

/// One file: read, parsed, verified, then dumped or run.
struct Runner {
    /// The exit statuses of sysexits.h that are used beside 0 and 1.
    enum Status {
        static let done: Int32 = 0
        static let failed: Int32 = 1
        static let badInput: Int32 = 65
        static let ourFault: Int32 = 70
    }

    private let options: UopJIT
    private let file: String
    private let limits: Limits
    private var clock = Stopwatch()

    init(_ options: UopJIT, file: String) {
        self.options = options
        self.file = file
        limits = options.limits.limits
    }

    private var displayName: String { file == "-" ? "<standard input>" : file }

    /// Does what was asked and says what went wrong; returns the exit status.
    mutating func run() throws -> Int32 {
        guard let format = options.format ?? InputFormat(fileName: file) else {
            printError("uopjit: error: \(file): unknown kind of file; expected .uops, .b or .bf, or --format\n")
            return Status.badInput
        }
        let library: StencilLibrary
        do throws(StencilSetError) {
            library = try unsafe StencilLibrary([uop_base_stencils()])
        } catch {
            printError("uopjit: error: \(error)\n")
            return Status.ourFault
        }
        let source: [UInt8]
        switch readInput(file, limit: limits.fileBytes) {
        case .success(let bytes): source = bytes
        case .failure(let failure):
            printError("uopjit: error: \(displayName): \(failure.reason)\n")
            return Status.badInput
        }
        clock.lap("start")
        let catalog = UopCatalog(library)
        clock.lap("catalog")
        do throws(InvalidInput) {
            var program = try parse(source, format, catalog)
            clock.lap("parse")
            try apply(options.settings, to: &program)
            let verified = try program.verified(catalog: catalog, limits: limits)
            clock.lap("verify")
            return execute(verified, library: library, format: format)
        } catch {
            printError(error.rendered(file: displayName, source: source))
            return Status.badInput
        }
    }

    private func parse(_ source: [UInt8], _ format: InputFormat, _ catalog: UopCatalog) throws(InvalidInput) -> Program {
        switch format {
        case .uops: try Program(parsing: source, catalog: catalog, limits: limits)
        case .bf: try BFParser(catalog: catalog).parse(source, limits: limits)
        }
    }

    /// `--set`: other initial values.
    private func apply(_ settings: [String], to program: inout Program) throws(InvalidInput) {
        for setting in settings {
            let equals = setting.firstIndex(of: "=") ?? setting.endIndex
            let name = String(setting[..<equals])
            guard let index = program.locals.firstIndex(where: { $0.name == name }) else {
                let near = nearestName(to: name, among: program.locals.map(\.name))
                throw InvalidInput([
                    Diagnostic("--set \(setting): there is no local '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""),
                        at: SourceLocation(line: 0, column: 0))
                ])
            }
            let local = program.locals[index]
            let text = "uops 1\nlocal \(name): \(local.valueClass.name) = \(setting[equals...].dropFirst())\n"
            do throws(InvalidInput) {
                let parsed = try Program(parsing: text, catalog: UopCatalog(uops: []), limits: limits)
                program.locals[index].initial = parsed.locals[0].initial
            } catch {
                throw InvalidInput([
                    Diagnostic("--set \(setting): \(error.diagnostics.first?.message ?? "no value of class \(local.valueClass.name)")",
                        at: SourceLocation(line: 0, column: 0))
                ])
            }
        }
    }

    // MARK: Running

    private mutating func execute(_ program: VerifiedProgram, library: StencilLibrary, format: InputFormat) -> Int32 {
        let expectsOutput = program.program.expectations.contains { if case .output = $0.kind { true } else { false } }
        let output = OutputStream(captures: expectsOutput)
        var executionOptions = Execution.Options()
        executionOptions.fuel = options.fuel
        executionOptions.countsFuel = options.engine == .check
        executionOptions.counts = options.profile
        do throws(ExecutionError) {
            let execution = try Execution(
                program, library: library, helpers: HostHelpers(output: output, input: InputStream()).all,
                options: executionOptions)
            clock.lap("lower")
            if !options.dump.isEmpty { return try dump(execution, output) }
            let isReady = prepare(execution)
            clock.lap("compile")
            execution.willRun = Interrupts.watch
            let result = try execution.run(isReady ? options.engine : .interpreter)
            Interrupts.stopWatching()
            clock.lap("run")
            output.flush()
            return finish(execution, result, output, format: format)
        } catch {
            output.flush()
            printError("uopjit: error: \(displayName): \(error)\n")
            if case .helper = error { return Status.badInput }
            return Status.ourFault
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
            case .plan: output.write(try Dump.plan(execution))
            case .code: output.write(try Dump.code(execution))
            }
        }
        output.flush()
        return Status.done
    }

    /// Prints what is to be seen at the end, and judges.
    private func finish(
        _ execution: Execution, _ result: RunResult, _ output: OutputStream, format: InputFormat
    ) -> Int32 {
        let program = execution.program.program
        let stream = OutputStream(captures: false)
        if let notice = result.notice { printError("uopjit: warning: \(notice)\n") }
        if format == .uops, !options.quiet, options.dump.isEmpty {
            for (index, local) in program.locals.enumerated() {
                stream.write("\(local.name) = \(local.valueClass.text(of: execution.machine.local(index)))\n")
            }
        }
        if options.profile { stream.write(Dump.profile(execution)) }
        stream.flush()
        if options.time { printError(clock.report(codeBytes: execution.codeByteCount)) }
        let judge = Judge(file: displayName, execution: execution, output: output.captured)
        let failures = judge.failures(result)
        for failure in failures { printError(failure + "\n") }
        return failures.isEmpty ? Status.done : Status.failed
    }
}

/// Laps of the time that a file takes.
struct Stopwatch {
    private let clock = ContinuousClock()
    private var last: ContinuousClock.Instant
    private var laps: [(name: String, duration: Duration)] = []

    init() { last = clock.now }

    mutating func lap(_ name: String) {
        let now = clock.now
        laps.append((name, now - last))
        last = now
    }

    func report(codeBytes: Int) -> String {
        var text = ""
        for (name, duration) in laps where name != "start" {
            let microseconds = Double(duration.components.attoseconds) / 1e12 + Double(duration.components.seconds) * 1e6
            let tenths = (microseconds * 10).rounded() / 10
            text += "\(name): \(tenths) us\n"
        }
        return text + "code: \(codeBytes) bytes\n"
    }
}
