import CFaults
import CStencils
import UopRuntime
import UopVM

/// Makes machine code of tape regions, and runs it.
@safe
final class TapeCompiler {
    /// Instructions that are compiled at once, if loops allow it: what is needed for so many fits in the processor's caches.
    fileprivate static let partSize = 2048

    private let forms: TapeForms
    private var works: Works
    private let bridges: Bridges
    /// What executes the code; nil for this process.
    private let processor: (any ForeignProcessor)?
    /// Whether the code can be entered in this process.
    private let isExecutable: Bool

    /// What compiling changes, in one place.
    private struct Works: ~Copyable {
        var arena: CodeArena
        var assignment: TapeAssignment
        /// Whether code knows where all of it is, for dumps and debuggers.
        var keepsPlaces = false
        var clock = StageClock()

        mutating func compile(
            _ region: borrowing TapeRegion, _ options: BFOptions, countsFuel: Bool, returnAddress: UnsafeRawPointer
        ) throws(EmissionError) -> TapeCode {
            assignment.keepsCells = !options.disabledPasses.contains(.registers)
            assignment.tapeByteCount = options.tapeByteCount ?? assignment.tapeByteCount
            assignment.countsFuel = countsFuel
            let code = TapeCode(expecting: region.instructions.count)
            var begin = 0
            repeat {
                let end = TapeAssignment.end(ofPart: begin, region, size: TapeCompiler.partSize)
                clock.start()
                do throws(EmissionError) {
                    let sealed = try assignment.write(region, begin..<end, into: &arena)
                    clock.lap("code")
                    let part = TapeCode.Part(sealed, assignment, first: begin)
                    if keepsPlaces { part.places = TapePlaces(assignment, first: begin) }
                    code.append(part, assignment)
                } catch {
                    code.release(&arena)
                    throw error
                }
                begin = end
            } while begin < region.instructions.count
            unsafe code.link(returnAddress: returnAddress)
            return code
        }
    }

    init(
        _ library: StencilLibrary, _ bits: CellBits, layout: FrameLayout, on processor: (any ForeignProcessor)? = nil,
        arena options: CodeArena.Options? = nil
    ) throws(EmissionError) {
        // (What a linker is to fill must not be entered, whatever it is for.)
        let isHosted = (library.isExecutable || processor != nil) && !library.isLinked
        guard let forms = TapeForms(library, bits), isHosted || options?.foreignAddress != nil else { throw .noMachineCode }
        self.forms = forms
        self.processor = processor
        isExecutable = library.isExecutable && options?.foreignAddress == nil
        var arena = CodeArena(options: options ?? processor.map { CodeArena.Options(for: $0) } ?? CodeArena.Options())
        var writer = try CodeWriter(library)
        bridges = try Bridges(library, writer: &writer, arena: &arena)
        let assignment = try TapeAssignment(forms, CodeStream(library), layout: layout, cellBits: bits)
        works = Works(arena: arena, assignment: assignment)
    }

    /// - Parameters:
    ///   - options: those that the region was made with.
    ///   - countsFuel: whether jumps back are counted.
    func compile(_ region: borrowing TapeRegion, _ options: BFOptions, countsFuel: Bool) throws(EmissionError) -> TapeCode {
        unsafe try works.compile(region, options, countsFuel: countsFuel, returnAddress: bridges.returnAddress)
    }

    func release(_ code: TapeCode) {
        code.debuggerEntry = nil
        code.release(&works.arena)
    }

    /// Runs code from its beginning until it leaves or faults.
    func run(_ code: TapeCode, _ machine: Machine, _ tape: TapeMemory) throws(ExecutionError) -> TapeEnd {
        if let processor { return try run(code, machine, tape, on: processor) }
        guard isExecutable else { throw .processor("there is no processor here for code that is made for another machine") }
        guard let entry = unsafe code.entry else { preconditionFailure("code runs after its release") }
        let (addresses, guarded) = (code.addresses, tape.guardedAddresses)
        let returnAddress = unsafe UInt64(UInt(bitPattern: bridges.returnAddress))
        var scope = unsafe UopFaultScope()
        unsafe scope.codeBegin = addresses.lowerBound
        unsafe scope.codeEnd = addresses.upperBound
        unsafe scope.memoryBegin = guarded.lowerBound
        unsafe scope.memoryEnd = guarded.upperBound
        unsafe scope.resumeAddress = returnAddress
        unsafe machine.frame.pointee.exitTargets = UnsafePointer(code.exitTargets)
        if let bridge = unsafe bridges.helperEntry { unsafe machine.callHelpers(across: bridge) }
        machine[wordAt: machine.layout.local(0)] = tape.startAddress
        guard unsafe uop_begin_faults(&scope) == 0 else { throw .emission(EmissionError.noMachineCode.description) }
        unsafe bridges.enter(entry, frame: machine.frame, isVisible: code.debuggerEntry != nil)
        unsafe uop_end_faults(&scope)
        let pointer = machine.register(CachedCells.pointer)
        guard unsafe scope.hasFaulted != 0 else {
            let exit = Int(unsafe machine.frame.pointee.exitIndex)
            return TapeEnd(instruction: code.instruction(ofExit: exit), pointer: pointer, hasFaulted: false)
        }
        let place = unsafe code.place(at: scope.instructionAddress)
        // A search leaves nothing but the address that it has come to.
        return unsafe TapeEnd(
            instruction: place.instruction, pointer: place.isSearch ? scope.accessedAddress : pointer,
            hasFaulted: true, isSearching: place.isSearch)
    }
}

/// Code that another processor executes.
extension TapeCompiler {
    /// Bytes before and behind the tape there, which stand for guards: an access to them is not noticed.
    private static let margin = 1 << 16

    /// Offsets in the frame of words that are addresses on the tape.
    private static let tapeFields = unsafe [
        MemoryLayout<UopFrame>.offset(of: \.tape), MemoryLayout<UopFrame>.offset(of: \.scanFirst),
        MemoryLayout<UopFrame>.offset(of: \.scanLast),
    ].compactMap(\.self)

    private func run(
        _ code: TapeCode, _ machine: Machine, _ tape: TapeMemory, on processor: any ForeignProcessor
    ) throws(ExecutionError) -> TapeEnd {
        let enter = unsafe UInt64(UInt(bitPattern: bridges.enterAddress))
        do throws(ForeignProcessorError) {
            try processor.load(bridges.bytes, at: enter)
            for part in code.parts { try processor.load(part.bytes, at: part.address) }
            var (image, places) = machine.foreignImage(
                for: processor, usedSpills: 0, exitTargets: code.exitTargetAddresses, helperEntry: bridges.foreignHelperEntry)
            let margin = [UInt8](repeating: 0, count: Self.margin)
            _ = image.append(margin)
            let offset = image.append(tape.bytes)
            _ = image.append(margin)
            let distance = image.address(offset) &- tape.baseAddress
            image.store(tape.startAddress &+ distance, at: places.frame + machine.layout.local(0))
            for place in Self.tapeFields {
                image.store(machine[wordAt: place] &+ distance, at: places.frame + place)
            }
            // What a helper is told of the tape is where it is now.
            var bytes = try processor.call(
                enter, frame: image.address(places.frame), code: code.parts.first?.address ?? 0, data: image.bytes
            ) { number, words in
                let isShown = number == TapeHelper.show
                return machine.callHelper(number, isShown ? [words[0] &- distance] + words.dropFirst() : words)
            }
            tape.set(Array(bytes[offset..<offset + tape.byteCount]))
            for place in Self.tapeFields {
                let word = machine[wordAt: place]
                for byte in 0..<8 { bytes[places.frame + place + byte] = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)) }
            }
            machine.takeBack(bytes, places)
            let exit = Int(unsafe machine.frame.pointee.exitIndex)
            return TapeEnd(
                instruction: code.instruction(ofExit: exit), pointer: machine.register(CachedCells.pointer) &- distance,
                hasFaulted: false)
        } catch { throw .processor(error.description) }
    }
}

/// What is shown of code.
extension TapeCompiler {
    var bridgeSymbols: [CodeSymbol] { bridges.symbols }
    /// The bridges' code as a block of its own, where code is for another machine.
    var foreignBridges: CodePicture.Block? { isExecutable ? nil : bridges.block }

    /// Whether code that is compiled from now on knows where all of it is.
    var keepsPlaces: Bool {
        get { works.keepsPlaces }
        set { works.keepsPlaces = newValue }
    }

    /// Whether it is measured what the stages of compiling take.
    var measuresTime: Bool {
        get { works.assignment.stream.measuresTime }
        set {
            works.assignment.stream.measuresTime = newValue
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

/// A region's machine code: parts that lead from one to the next.
@safe
final class TapeCode {
    /// The code of some instructions.
    @safe
    final class Part {
        fileprivate var code: SealedCode?
        let address: UInt64
        fileprivate let byteCount: Int
        fileprivate let firstInstruction: Int
        /// Nil unless asked for.
        fileprivate(set) var places: TapePlaces?
        /// In `TapeCode.offsets`.
        fileprivate var firstOffset = 0
        fileprivate let offsetCount: Int
        /// The number of the exit that leads to the part behind.
        fileprivate let link: Int
        /// Where searches begin and end: pairs.
        fileprivate let searches: [UInt32]
        /// Where the cold code of searches begins, which uses cells, too, and where the code in line begins that it is of.
        private let coldSearches: [(cold: Int, hot: Int)]

        fileprivate init(_ code: consuming SealedCode, _ assignment: borrowing TapeAssignment, first: Int) {
            address = unsafe UInt64(UInt(bitPattern: code.runAddress))
            byteCount = code.byteCount
            firstInstruction = first
            offsetCount = assignment.offsets.count
            link = assignment.firstExit + assignment.exits.count - 1
            searches = assignment.searches.array
            coldSearches = assignment.coldSearches
            self.code = consume code
        }

        /// The machine code, for dumps; nothing after its release.
        var bytes: [UInt8] {
            switch code {
            case .some(let sealed): sealed.bytes
            case .none: []
            }
        }

        /// Where in line the code is that an access is part of: cold code counts as the search that it is of.
        fileprivate func offsetInLine(of address: UInt64) -> Int {
            let offset = Int(address - self.address)
            return coldSearches.last { $0.cold <= offset }?.hot ?? offset
        }
    }

    private(set) var parts: [Part] = []
    /// Nil unless a debugger is to see the code.
    var debuggerEntry: DebuggerEntry?
    /// By part, then instruction: where its code begins in the part; one more at the end.
    private var offsets: [UInt32] = []
    /// By exit: the instruction.
    private var exits: [UInt32] = []
    fileprivate private(set) var exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>?

    fileprivate init(expecting count: Int) { offsets.reserveCapacity(count + count / 1024 + 2) }

    deinit { unsafe exitTargets?.deallocate() }

    fileprivate func append(_ part: Part, _ assignment: borrowing TapeAssignment) {
        part.firstOffset = offsets.count
        unsafe offsets.append(contentsOf: assignment.offsets.pointer)
        for index in 0..<assignment.exits.count { exits.append(assignment.exits[index].instruction) }
        parts.append(part)
    }

    /// Says where exits lead: back to the host, or from the end of a part to the next.
    fileprivate func link(returnAddress: UnsafeRawPointer) {
        let targets = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: exits.count)
        unsafe targets.initialize(repeating: returnAddress, count: exits.count)
        for (part, next) in zip(parts, parts.dropFirst()) {
            unsafe targets[part.link] = UnsafeRawPointer(bitPattern: UInt(next.address))
        }
        unsafe exitTargets = targets
    }

    /// By exit: where it leads.
    fileprivate var exitTargetAddresses: [UInt64] {
        guard let exitTargets = unsafe exitTargets else { return [] }
        return exits.indices.map { unsafe UInt64(UInt(bitPattern: exitTargets[$0])) }
    }

    fileprivate func release(_ arena: inout CodeArena) {
        // Only an arena that did not make the code refuses it.
        for part in parts { if let sealed = part.code.take() { try? arena.free(sealed) } }
        parts = []
    }

    var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

    /// Where the code begins; nil after its release.
    fileprivate var entry: UnsafeRawPointer? { unsafe parts.first.flatMap { unsafe UnsafeRawPointer(bitPattern: UInt($0.address)) } }

    /// From the lowest part to the highest: between them, there is only other code.
    fileprivate var addresses: Range<UInt64> {
        let begin = parts.map(\.address).min() ?? 0
        return begin..<(parts.map { $0.address + UInt64($0.byteCount) }.max() ?? begin)
    }

    fileprivate func instruction(ofExit number: Int) -> Int { Int(exits[number]) }

    /// The instruction whose code is at an address, and whether that searches for a cell behind the first one.
    fileprivate func place(at address: UInt64) -> (instruction: Int, isSearch: Bool) {
        guard let part = parts.first(where: { address >= $0.address && address - $0.address < UInt64($0.byteCount) }) else {
            fatalError("an access to the tape faulted in code that is none of this program's")
        }
        let offset = part.offsetInLine(of: address)
        let number = Self.last(of: offsets[part.firstOffset..<part.firstOffset + part.offsetCount], upTo: offset)
        let isBehindFirst = part.searches.first.map { $0 <= offset } == true
        let isSearch = isBehindFirst && Self.last(of: part.searches[...], upTo: offset).isMultiple(of: 2)
        return (part.firstInstruction + number, isSearch)
    }

    /// The index, from the first on, of the last offset that is not behind this one; they are sorted.
    private static func last(of offsets: ArraySlice<UInt32>, upTo offset: Int) -> Int {
        var (low, high) = (offsets.startIndex, offsets.endIndex)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(offsets[middle]) <= offset { low = middle } else { high = middle }
        }
        return low - offsets.startIndex
    }
}
