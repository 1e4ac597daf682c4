import CFaults
import CStencils
import UopRuntime
import UopVM

/// Makes machine code of tape regions, and runs it.
@safe
final class TapeCompiler {
    private let forms: TapeForms
    private var works: Works
    private let bridges: Bridges
    /// The code that the works still know all about.
    private var last: TapeCode?

    /// What compiling changes, in one place.
    private struct Works: ~Copyable {
        var writer: CodeWriter
        var arena: CodeArena
        var assignment: TapeAssignment
        var clock = StageClock()

        mutating func compile(
            _ region: borrowing TapeRegion, keepsCells: Bool, countsFuel: Bool, returnAddress: UnsafeRawPointer
        ) throws(EmissionError) -> TapeCode {
            assignment.keepsCells = keepsCells
            assignment.countsFuel = countsFuel
            clock.start()
            assignment.assign(region)
            clock.lap(CompilationStage.assignment.name)
            let code = unsafe try writer.write(
                assignment.steps.pointer, operands: assignment.operands.pointer, into: &arena)
            clock.add(writer.times)
            return unsafe TapeCode(code, assignment, writer, returnAddress: returnAddress)
        }

        /// Of the code that was compiled last.
        var steps: TapeSteps {
            TapeSteps(
                code: (0..<assignment.steps.count).map { writer.code(of: $0) },
                firstSteps: assignment.firstSteps.array.map { Int($0) }, hotCount: assignment.hotCount,
                exits: (0..<assignment.exits.count - 1).map { Int(assignment.exits[$0].instruction) })
        }
    }

    init(_ library: StencilLibrary, _ bits: CellBits, layout: FrameLayout) throws(EmissionError) {
        guard let forms = TapeForms(library, bits) else { throw .noMachineCode }
        self.forms = forms
        var arena = CodeArena()
        var writer = try CodeWriter(library)
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        works = Works(
            writer: writer, arena: arena, assignment: TapeAssignment(forms, layout: layout, cellBits: bits))
    }

    /// - Parameters:
    ///   - keepsCells: whether cells stay in registers from one instruction to the next.
    ///   - countsFuel: whether jumps back are counted.
    func compile(_ region: borrowing TapeRegion, keepsCells: Bool, countsFuel: Bool) throws(EmissionError) -> TapeCode {
        let code = unsafe try works.compile(
            region, keepsCells: keepsCells, countsFuel: countsFuel, returnAddress: bridges.returnAddress)
        last = code
        return code
    }

    func release(_ code: TapeCode) throws(MemoryError) {
        code.debuggerEntry = nil
        if code === last { last = nil }
        if let sealed = code.code.take() { try works.arena.free(sealed) }
    }

    /// Runs code from its beginning until it leaves or faults.
    func run(_ code: TapeCode, _ machine: Machine, _ tape: TapeMemory) throws(EmissionError) -> TapeEnd {
        guard let addresses = code.addresses else { preconditionFailure("code runs after its release") }
        let guarded = tape.guardedAddresses
        let returnAddress = unsafe UInt64(UInt(bitPattern: bridges.returnAddress))
        var scope = unsafe UopFaultScope()
        unsafe scope.codeBegin = addresses.lowerBound
        unsafe scope.codeEnd = addresses.upperBound
        unsafe scope.memoryBegin = guarded.lowerBound
        unsafe scope.memoryEnd = guarded.upperBound
        unsafe scope.resumeAddress = returnAddress
        unsafe machine.frame.pointee.exitTargets = UnsafePointer(code.exitTargets)
        machine[wordAt: machine.layout.local(0)] = tape.startAddress
        guard unsafe uop_begin_faults(&scope) == 0, let entry = unsafe UnsafeRawPointer(bitPattern: UInt(addresses.lowerBound)) else {
            throw .noMachineCode
        }
        unsafe bridges.enter(entry, frame: machine.frame, isVisible: code.debuggerEntry != nil)
        unsafe uop_end_faults(&scope)
        let pointer = machine.register(CachedCells.pointer)
        guard unsafe scope.hasFaulted != 0 else {
            let exit = Int(unsafe machine.frame.pointee.exitIndex)
            return TapeEnd(instruction: code.instruction(ofExit: exit), pointer: pointer, hasFaulted: false)
        }
        let offset = unsafe Int(scope.instructionAddress - addresses.lowerBound)
        let isSearching = code.isSearch(at: offset)
        // A search leaves nothing but the address that it has come to.
        return unsafe TapeEnd(
            instruction: code.instruction(at: offset), pointer: isSearching ? scope.accessedAddress : pointer,
            hasFaulted: true, isSearching: isSearching)
    }
}

/// What is shown of it.
extension TapeCompiler {
    /// Where the steps of the code are that was compiled last.
    func steps(of code: TapeCode) -> TapeSteps {
        precondition(code === last, "the steps of code are forgotten when other code is compiled")
        return works.steps
    }

    var bridgeSymbols: [CodeSymbol] { bridges.symbols }

    /// Whether it is measured what the stages of compiling take.
    var measuresTime: Bool {
        get { works.writer.measuresTime }
        set {
            works.writer.measuresTime = newValue
            works.clock = StageClock(isRunning: newValue)
        }
    }

    /// What the stages of all compilations took; empty unless `measuresTime`.
    var times: StageTimes { works.clock.times }
}

/// Where machine code has ended: at an instruction that counts as not executed; behind the last one at the normal end.
struct TapeEnd {
    let instruction: Int
    let pointer: UInt64
    /// Whether an access ended it.
    let hasFaulted: Bool
    /// Whether that was in a search, behind its first cell; the pointer is where the search has come then.
    var isSearching = false
}

/// A region's machine code.
@safe
final class TapeCode {
    fileprivate var code: SealedCode?
    let byteCount: Int
    /// By instruction: where its code begins; one more at the end.
    private let offsets: [UInt32]
    private let exits: [UInt32]
    /// Where searches begin and end: pairs.
    private let searches: [UInt32]
    /// Nil unless a debugger is to see the code.
    var debuggerEntry: DebuggerEntry?
    fileprivate let exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>

    fileprivate init(
        _ code: consuming SealedCode, _ assignment: borrowing TapeAssignment, _ writer: borrowing CodeWriter,
        returnAddress: UnsafeRawPointer
    ) {
        byteCount = code.byteCount
        let steps = assignment.firstSteps.count
        offsets = unsafe [UInt32](unsafeUninitializedCapacity: steps) { memory, count in
            for index in 0..<steps {
                unsafe memory[index] = UInt32(truncatingIfNeeded: writer.offset(of: Int(assignment.firstSteps[index])))
            }
            count = steps
        }
        let exitCount = assignment.exits.count
        exits = (0..<exitCount).map { assignment.exits[$0].instruction }
        searches = (0..<assignment.searches.count).flatMap { index in
            let step = Int(assignment.searches[index])
            return [UInt32(truncatingIfNeeded: writer.offset(of: step)), UInt32(truncatingIfNeeded: writer.offset(of: step + 1))]
        }
        unsafe exitTargets = .allocate(capacity: exitCount)
        unsafe exitTargets.initialize(repeating: returnAddress, count: exitCount)
        self.code = consume code
    }

    deinit { unsafe exitTargets.deallocate() }

    /// Where the code is; nil after its release.
    var addresses: Range<UInt64>? {
        switch code {
        case .some(let sealed):
            let begin = unsafe UInt64(UInt(bitPattern: sealed.runAddress))
            return begin..<begin + UInt64(byteCount)
        case .none: return nil
        }
    }

    /// The machine code, for dumps; nothing after its release.
    var bytes: [UInt8] {
        switch code {
        case .some(let sealed): sealed.bytes
        case .none: []
        }
    }

    func instruction(ofExit number: Int) -> Int { Int(exits[number]) }

    /// The instruction whose code is at an offset: a fault is between the beginnings of two.
    func instruction(at offset: Int) -> Int { Self.last(of: offsets, upTo: offset) }

    /// Whether the code at an offset searches for a cell behind the first one.
    func isSearch(at offset: Int) -> Bool {
        guard let first = searches.first, first <= offset else { return false }
        return Self.last(of: searches, upTo: offset).isMultiple(of: 2)
    }

    /// The index of the last offset that is not behind this one; they are sorted.
    private static func last(of offsets: [UInt32], upTo offset: Int) -> Int {
        var (low, high) = (0, offsets.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(offsets[middle]) <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
