public import UopRuntime
public import UopVM

/// What a BF program reads and writes.
public struct BFStreams {
    public enum Input: Sendable {
        case byte(UInt8)
        case end
        /// The run shall end: somebody interrupted the read.
        case interrupted
    }

    public var read: () -> Input
    public var write: (UInt8) -> Void
    /// What `#` shows, a line.
    public var debug: (String) -> Void

    public init(
        read: @escaping () -> Input = { .end }, write: @escaping (UInt8) -> Void = { _ in },
        debug: @escaping (String) -> Void = { _ in }
    ) {
        self.read = read
        self.write = write
        self.debug = debug
    }
}

/// How a BF program ended.
public struct BFResult: Sendable {
    public enum Ending: Sendable, Equatable {
        case finished
        /// A command used a cell off the tape: which one, counted from where the pointer started.
        case offTape(cell: Int)
        case outOfFuel
        case interrupted
    }

    public var ending: Ending
    /// The command at which it ended, in bytes from the beginning of the text; nil at the normal end.
    public var position: Int?
    /// What to say of the run beside its result, such as a fall back to the interpreter.
    public var notice: String?
}

/// A BF program made ready to run: a region, code for the engines that are used, a tape.
///
/// One execution belongs to one thread, and runs once: `reset` makes a new tape.
public final class BFExecution {
    private static let interrupted: Int64 = 130

    public let program: BFProgram
    let library: StencilLibrary
    /// How often control may come to a jump back; nil for as often as it takes.
    private let fuel: Int64?
    static let layout = FrameLayout(localCount: 2, helperCount: 3, stackCount: 2)
    private let layout = BFExecution.layout
    private(set) var compiler: TapeCompiler?
    private(set) var code: TapeCode?
    private var interpreter: TapeInterpreter?
    private var tape: TapeMemory
    private var streams: BFStreams
    /// The run's frame, for a signal handler that stops it.
    public private(set) var machine: Machine
    /// What executes machine code; nil for this process.
    package var processor: (any ForeignProcessor)?
    /// Where machine code goes, if it is made for another machine only to be looked at.
    package var arena: CodeArena.Options?
    /// Runs are handed the machine before they begin.
    public var willRun: (Machine) -> Void = { _ in }

    /// - Throws: `TapeError` where the system has no memory for the tape.
    public init(
        _ program: BFProgram, library: StencilLibrary, streams: BFStreams = BFStreams(), fuel: Int64? = nil
    ) throws(TapeError) {
        self.program = program
        self.library = library
        self.fuel = fuel
        self.streams = streams
        tape = try TapeMemory(program.options)
        machine = Machine(Program(), layout: layout, helpers: [])
        prepareMachine()
    }

    /// A tape of zeros for another run.
    public func reset() throws(TapeError) {
        tape = try TapeMemory(program.options)
        prepareMachine()
    }

    private func prepareMachine() {
        let (streams, tape, program) = (self.streams, self.tape, self.program)
        let helpers = BFHelpers(streams: streams, tape: tape, program: program)
        var declarations = Program()
        declarations.helpers = helpers.all.map {
            HelperDeclaration(name: $0.name, parameters: $0.parameters, result: $0.result)
        }
        machine = Machine(declarations, layout: layout, helpers: helpers.all)
        unsafe machine.frame.pointee.tape = tape.base.assumingMemoryBound(to: UInt8.self)
        unsafe machine.frame.pointee.tapeLength = UInt64(tape.byteCount)
        let scan = UInt64(TapeScan.byteCount)
        unsafe machine.frame.pointee.scanFirst = tape.baseAddress + scan
        unsafe machine.frame.pointee.scanLast = tape.baseAddress + UInt64(tape.byteCount) - scan
    }

    // MARK: Preparing

    /// Makes the code that an engine needs, so that `run` only runs.
    public func prepare(_ engine: EngineKind) throws(ExecutionError) {
        if engine != .jit { try prepareInterpreter() }
        guard engine != .interpreter, code == nil else { return }
        do throws(EmissionError) {
            if compiler == nil { compiler = try TapeCompiler(library, program.options.cellBits, layout: layout, on: processor, arena: arena) }
            compiler?.measuresTime = measuresStages
            compiler?.keepsPlaces = keepsPlaces
            code = try compiler?.compile(program.region, program.options, countsFuel: fuel != nil)
        } catch { throw .emission(error.description) }
    }

    /// The same for machine code that knows where its steps are.
    func prepareForDumps() throws(ExecutionError) {
        if let code, !keepsPlaces {
            compiler?.release(code)
            self.code = nil
        }
        keepsPlaces = true
        try prepare(.jit)
    }

    private func prepareInterpreter() throws(ExecutionError) {
        guard interpreter == nil else { return }
        interpreter = TapeInterpreter(program.region, library, layout: layout, countsFuel: fuel != nil)
        if interpreter == nil { throw .emission("the stencil sets lack the base set") }
    }

    /// Whether machine code knows where its steps are, so that it can be shown.
    package var keepsPlaces = false

    /// Whether compiling measures how long each of its stages takes.
    public var measuresStages = false

    /// What the stages of compiling took, in their order; empty unless `measuresStages`.
    public var stageTimes: [(stage: String, nanoseconds: UInt64)] { compiler?.times.rows ?? [] }

    /// Bytes of machine code; 0 before it is made.
    public var codeByteCount: Int { code?.byteCount ?? 0 }

    // MARK: Running

    /// Runs the program from its beginning.
    public func run(_ engine: EngineKind) throws(ExecutionError) -> BFResult {
        switch engine {
        case .interpreter:
            try prepare(.interpreter)
            start()
            return interpret(TapeEnd(instruction: 0, pointer: tape.startAddress, hasFaulted: false))
        case .jit:
            do throws(ExecutionError) { try prepare(.jit) } catch {
                var result = try run(.interpreter)
                result.notice = "no machine code (\(error)); the interpreter runs instead"
                return result
            }
            start()
            return try runMachineCode()
        case .check: return try check()
        }
    }

    private func start() {
        machine.fuel = fuel ?? .max
        unsafe machine.frame.pointee.tapePosition = 0
        unsafe machine.frame.pointee.helperStatus = 0
        willRun(machine)
    }

    /// Goes on from where machine code ended, or from the beginning.
    private func interpret(_ start: TapeEnd) -> BFResult {
        guard let interpreter else { preconditionFailure("the interpreter is prepared before it runs") }
        let last = interpreter.run(machine, from: start.instruction, pointer: start.pointer)
        let isSearching = start.isSearching && last == start.instruction && interpreter.pointer(machine) == start.pointer
        return result(last, isSearching: isSearching)
    }

    private func runMachineCode() throws(ExecutionError) -> BFResult {
        guard let compiler, let code else { preconditionFailure("machine code is prepared before it runs") }
        let end = try compiler.run(code, machine, tape)
        if !end.hasFaulted, end.instruction == program.region.instructions.count || isStopped {
            return result(end.instruction, isSearching: false)
        }
        // An access off the tape: the interpreter tells which one was the first, or that there was none.
        try prepareInterpreter()
        return interpret(end)
    }

    /// Whether the run ended because the host wanted it, or the fuel was used up.
    private var isStopped: Bool { machine.isInterrupted || machine.helperStatus != 0 || fuel != nil && machine.fuel <= 0 }

    /// What it means that an instruction was the last.
    ///
    /// - Parameter isSearching: it is a search that machine code began, and did not fail at its first cell.
    private func result(_ number: Int, isSearching: Bool) -> BFResult {
        guard number < program.region.instructions.count else { return BFResult(ending: .finished) }
        let instruction = program.region.instructions[number]
        let address = unsafe machine.frame.pointee.tapePosition
        guard address != 0 else {
            let isInterrupted = machine.isInterrupted || machine.helperStatus != 0
            return BFResult(ending: isInterrupted ? .interrupted : .outOfFuel, position: Int(instruction.position))
        }
        var position = Int(instruction.position)
        if instruction.operation == .scan, isSearching || interpreter?.pointer(machine) != address {
            // Cells behind the first one are tested by the loop's end.
            position = Int(instruction.other)
        }
        return BFResult(ending: .offTape(cell: tape.cell(at: address)), position: position)
    }

    // MARK: Looking at it

    /// The value of a cell, counted from where the pointer starts; nil off the tape.
    public func cell(_ number: Int) -> UInt32? { tape.value(of: number) }

    /// All bytes of the tape.
    public var tapeBytes: [UInt8] { tape.bytes }

    /// Where the tape begins and ends, in cells from where the pointer starts.
    public var tapeCells: Range<Int> {
        let width = program.options.cellBits.byteCount
        return -(tape.startOffset / width)..<(tape.byteCount - tape.startOffset) / width
    }

    // MARK: Checking

    /// Runs machine code, then the interpreter on a tape of its own with the same input, and compares.
    private func check() throws(ExecutionError) -> BFResult {
        let actual = streams
        var read: [BFStreams.Input] = []
        var written: [UInt8] = []
        streams = BFStreams(
            read: {
                let next = actual.read()
                read.append(next)
                return next
            },
            write: {
                written.append($0)
                actual.write($0)
            }, debug: actual.debug)
        defer { streams = actual }
        let result = try runAnew(.jit)
        let bytes = tape.bytes
        if result.ending == .interrupted || result.ending == .outOfFuel { return result }
        var (place, count) = (0, 0)
        var difference: String?
        streams = BFStreams(
            read: {
                place += 1
                return place <= read.count ? read[place - 1] : .end
            },
            write: {
                if difference == nil, count >= written.count || written[count] != $0 { difference = "output byte \(count)" }
                count += 1
            })
        let second = try runAnew(.interpreter)
        if count < written.count { difference = difference ?? "output byte \(count)" }
        if second.ending != result.ending || second.position != result.position {
            difference = "the jit ended with \(result), the interpreter with \(second)"
        } else if result.ending == .finished, bytes != tape.bytes {
            difference = difference ?? "the tape"
        }
        if let difference { throw .enginesDiffer("the engines differ: \(difference)") }
        return result
    }

    private func runAnew(_ engine: EngineKind) throws(ExecutionError) -> BFResult {
        do throws(TapeError) { try reset() } catch { throw .emission(error.description) }
        return try run(engine)
    }
}
