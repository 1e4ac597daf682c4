import BFFrontEnd
import UopRuntime
import UopVM

/// One BF program: read, improved, then dumped or run.
struct BFRunner {
    let options: RunOptions
    let bf: BFRunOptions
    let debugging: DebugOptions
    let limits: Limits
    /// The file's, for messages.
    let name: String
    let source: [UInt8]

    func run(_ library: StencilLibrary, _ clock: inout Stopwatch) -> Int32 {
        if let problem = unfitOption {
            printError("uopjit: error: \(name): \(problem)\n")
            return Runner.Status.badUsage
        }
        do throws(InvalidInput) {
            let program = try BFProgram(
                source, options: bf.options(without: options.disabledBFPasses), limits: limits, measuresTime: options.time)
            clock.lap("read and passes", stages: program.times.rows)
            let output = OutputStream(captures: false)
            if bf.emitsC || !options.dump.isEmpty || debugging.emitObject != nil { return dump(program, library, output) }
            return run(program, library, output, &clock)
        } catch {
            printError(error.rendered(file: name, source: source))
            return Runner.Status.badInput
        }
    }

    /// An option that means nothing for BF programs.
    private var unfitOption: String? {
        if !options.settings.isEmpty { return "--set: BF programs have no locals" }
        if options.profile { return "--profile is for .uops files" }
        if let dump = options.dump.first(where: { $0 == .ssa || $0 == .plan }) {
            return "--dump \(dump.rawValue) is for .uops files; BF programs have --dump uops and --dump code"
        }
        return nil
    }

    // MARK: Running

    private func run(
        _ program: BFProgram, _ library: StencilLibrary, _ output: OutputStream, _ clock: inout Stopwatch
    ) -> Int32 {
        do {
            guard let byteCount = program.options.tapeByteCount else {
                return fail(Runner.Status.badUsage, "the tape has more cells than there can be (--tape, --tape-left)")
            }
            guard byteCount <= limits.memoryBytes else {
                return fail(
                    Runner.Status.badUsage,
                    "the tape takes \(byteCount) bytes; the limit is \(limits.memoryBytes) (--tape, --limit-memory-bytes)")
            }
            let execution = try BFExecution(program, library: library, streams: streams(output), fuel: options.fuel)
            execution.measuresStages = options.time
            execution.keepsPlaces = debugging.showsCode
            execution.willRun = Interrupts.watch
            var engine = options.engine
            do {
                try execution.prepare(engine)
            } catch {
                printError("uopjit: warning: no machine code (\(error)); the interpreter runs instead\n")
                engine = .interpreter
            }
            clock.lap("compile", stages: execution.stageTimes)
            if engine != .interpreter, debugging.showsCode {
                execution.debuggerEntry = debugging.show(try execution.picture())
                clock.start()
            }
            let result = try execution.run(engine)
            Interrupts.stopWatching()
            clock.lapOfRun("run")
            output.flush()
            if let notice = result.notice { printError("uopjit: warning: \(notice)\n") }
            if options.time {
                let unit = ("an instruction", "instructions")
                printError(clock.report(program.instructionCount, unit, byteCount: execution.codeByteCount))
            }
            guard let problem = problem(result, program) else { return Runner.Status.done }
            let excerpt = result.position.map { program.location(ofByte: $0).excerpt(of: source) }
            printError("uopjit: error: \(problem)\n" + (excerpt ?? ""))
            return Runner.Status.failed
        } catch {
            output.flush()
            return fail(Runner.Status.ourFault, "\(error)")
        }
    }

    private func fail(_ status: Int32, _ message: String) -> Int32 {
        printError("uopjit: error: \(name): \(message)\n")
        return status
    }

    private func streams(_ output: OutputStream) -> BFStreams {
        let input = InputStream()
        return BFStreams(
            read: {
                switch input.next(willWait: output.flush) {
                case .byte(let byte): .byte(byte)
                case .end: .end
                case .interrupted: .interrupted
                }
            }, write: output.write,
            debug: {
                // What was written before is to be seen before.
                output.flush()
                printError($0 + "\n")
            })
    }

    /// What to say of an end that is not the normal one.
    private func problem(_ result: BFResult, _ program: BFProgram) -> String? {
        let place = result.position.map { program.place(ofByte: $0, in: name) } ?? name
        return switch result.ending {
        case .finished: nil
        case .offTape(let cell): "the pointer left the tape at cell \(cell) (\(place))"
        case .outOfFuel: "the run used up its fuel (\(place))"
        case .interrupted: "the run was interrupted (\(place))"
        }
    }

    // MARK: Dumps

    private func dump(_ program: BFProgram, _ library: StencilLibrary, _ output: OutputStream) -> Int32 {
        if bf.emitsC { output.write(program.textInC) }
        do {
            for kind in options.dump {
                switch kind {
                case .uops: output.write(program.listing)
                case .code: output.write(Dump.code(try picture(of: program, library)))
                case .ssa, .plan: break
                }
            }
            output.flush()
            let problem = try debugging.writeObject(for: options.target) { () throws(ExecutionError) in try picture(of: program, library) }
            if let problem {
                return fail(Runner.Status.outputLost, problem)
            }
            return Runner.Status.done
        } catch {
            output.flush()
            return fail(Runner.Status.ourFault, "\(error)")
        }
    }

    /// The machine code that a run would have.
    private func picture(of program: BFProgram, _ library: StencilLibrary) throws(ExecutionError) -> CodePicture {
        let execution: BFExecution
        do throws(TapeError) {
            execution = try BFExecution(program, library: library, fuel: options.fuel)
            if options.target != nil {
                var arena = CodeArena.Options()
                arena.foreignAddress = CodeTarget.codeAddress
                execution.arena = arena
            }
        } catch { throw .emission(error.description) }
        return try execution.picture()
    }
}
