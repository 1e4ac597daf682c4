package import CStencils

/// The memory of one run: frame, buffers, tape, iterators. One engine at a time uses it.
///
/// Everything the frame points to belongs to the machine and lives as long as it does.
@safe
public final class Machine {
    package let program: Program
    package let layout: FrameLayout
    package let frame: UnsafeMutablePointer<UopFrame>
    private let helpers: [HelperBox]
    private var buffers: [UnsafeMutableRawPointer] = unsafe []
    private let iteratorCount: Int
    private let counterCount: Int

    /// Memory as the program declares it, with helpers by the order of its declarations.
    package init(_ program: Program, layout: FrameLayout, helpers: [Helper]) {
        self.program = program
        self.layout = layout
        self.helpers = helpers.map(HelperBox.init)
        // Most of the words that register assignment may keep values in are never touched.
        let memory = unsafe ZeroedMemory.allocate(layout.byteCount + 16)
        unsafe frame = memory.assumingMemoryBound(to: UopFrame.self)
        let ranges = program.locals.compactMap { local -> UopRangeIterator? in
            guard case .range(let start, let stop, let step) = local.initial else { return nil }
            return Self.iterator(start: start, stop: stop, step: step)
        }
        iteratorCount = ranges.count
        counterCount = program.traces.reduce(0) { $0 + $1.statements.count }
        let iterators = UnsafeMutablePointer<UopRangeIterator>.allocate(capacity: max(1, ranges.count))
        for (index, range) in ranges.enumerated() { unsafe (iterators + index).initialize(to: range) }
        unsafe frame.pointee.iterators = iterators
        let counters = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, counterCount))
        unsafe counters.initialize(repeating: 0, count: max(1, counterCount))
        unsafe frame.pointee.counters = counters
        unsafe frame.pointee.budget = .max
        initializeLocals()
        initializeMemory()
        for (index, box) in self.helpers.enumerated() {
            let context = unsafe Unmanaged.passUnretained(box).toOpaque()
            unsafe helper(index).initialize(
                to: UopHelper(function: HelperBox.function, context: context, entry: HelperBox.function, entryContext: context))
        }
    }

    /// Has machine code call helpers across a bridge, whose context is a helper's descriptor.
    package func callHelpers(across bridge: UnsafeRawPointer) {
        for index in helpers.indices {
            unsafe helper(index).pointee.entry = unsafeBitCast(bridge, to: UopHelperFunction.self)
            unsafe helper(index).pointee.entryContext = UnsafeMutableRawPointer(helper(index))
        }
    }

    private func helper(_ index: Int) -> UnsafeMutablePointer<UopHelper> {
        unsafe (UnsafeMutableRawPointer(frame) + layout.helper(index)).assumingMemoryBound(to: UopHelper.self)
    }

    deinit {
        for unsafe buffer in unsafe buffers { unsafe ZeroedMemory.free(buffer) }
        unsafe frame.pointee.iterators.deallocate()
        unsafe frame.pointee.counters.deallocate()
        unsafe ZeroedMemory.free(UnsafeMutableRawPointer(frame))
    }

    /// Python's range as next value, step and number of values left.
    private static func iterator(start: Int64, stop: Int64, step: Int64) -> UopRangeIterator {
        // As unsigned numbers the differences are right for all 64-bit bounds.
        let isEmpty = step > 0 ? stop <= start : stop >= start
        let (low, high) = step > 0 ? (start, stop) : (stop, start)
        let span = isEmpty ? 0 : UInt64(bitPattern: high) &- UInt64(bitPattern: low)
        let width = step.magnitude
        return UopRangeIterator(next: start, step: step, remaining: span / width + (span % width == 0 ? 0 : 1))
    }

    private func initializeLocals() {
        var range = 0
        for (index, local) in program.locals.enumerated() {
            switch local.initial {
            case .word(let word): self[wordAt: layout.local(index)] = word
            case .range:
                self[wordAt: layout.local(index)] = ObjectWord.range(index: range)
                range += 1
            }
        }
    }

    private func initializeMemory() {
        for (index, buffer) in program.buffers.enumerated() {
            let size = buffer.elementSize
            let memory = unsafe ZeroedMemory.allocate(buffer.count * size)
            unsafe buffers.append(memory)
            for (element, word) in buffer.initial.enumerated() {
                for byte in 0..<size {
                    unsafe memory.storeBytes(
                        of: UInt8(truncatingIfNeeded: word >> (8 * UInt64(byte))), toByteOffset: element * size + byte,
                        as: UInt8.self)
                }
            }
            unsafe (UnsafeMutableRawPointer(frame) + layout.buffer(index)).storeBytes(
                of: UopBuffer(base: memory, count: UInt64(buffer.count)), as: UopBuffer.self)
        }
        if let tape = program.tape {
            let memory = unsafe ZeroedMemory.allocate(tape.cells)
            unsafe buffers.append(memory)
            unsafe frame.pointee.tape = memory.assumingMemoryBound(to: UInt8.self)
            unsafe frame.pointee.tapeLength = UInt64(tape.cells)
            unsafe frame.pointee.tapePosition = UInt64(tape.start)
        }
    }

    /// A word of the frame at a byte offset.
    package subscript(wordAt offset: Int) -> UInt64 {
        get { unsafe UnsafeRawPointer(frame).load(fromByteOffset: offset, as: UInt64.self) }
        set { unsafe UnsafeMutableRawPointer(frame).storeBytes(of: newValue, toByteOffset: offset, as: UInt64.self) }
    }

    /// A register as the last exit from machine code has left it.
    package func register(_ number: Int) -> UInt64 {
        let registers = unsafe UnsafeRawPointer(frame).advanced(by: MemoryLayout<UopFrame>.offset(of: \.registers) ?? 0)
        return unsafe registers.load(fromByteOffset: 8 * number, as: UInt64.self)
    }

    /// All memory that a run may change beside the frame: iterators, counters, buffers, the tape.
    var foreignMemories: [UnsafeMutableRawBufferPointer] {
        let iterators = unsafe UnsafeMutableRawBufferPointer(
            start: frame.pointee.iterators, count: iteratorCount * MemoryLayout<UopRangeIterator>.size)
        let counters = unsafe UnsafeMutableRawBufferPointer(start: frame.pointee.counters, count: 8 * counterCount)
        let sizes = program.buffers.map { $0.count * $0.elementSize } + (program.tape.map { [$0.cells] } ?? [])
        return unsafe [iterators, counters]
            + zip(buffers, sizes).map { unsafe UnsafeMutableRawBufferPointer(start: $0, count: $1) }
    }

    // MARK: Fuel and interruption

    /// How often control may still come to a back edge, where fuel is counted.
    public var fuel: Int64 {
        get { unsafe frame.pointee.budget }
        set { unsafe frame.pointee.budget = newValue }
    }

    /// Where a signal handler or another thread stores Int64.max to stop the run at its next back edge.
    @unsafe
    public var interruptAddress: UnsafeMutablePointer<Int64> {
        unsafe UnsafeMutableRawPointer(frame).advanced(by: MemoryLayout<UopFrame>.offset(of: \.floor) ?? 8)
            .assumingMemoryBound(to: Int64.self)
    }

    /// Whether somebody asked the run to stop.
    package var isInterrupted: Bool { unsafe frame.pointee.floor > 0 }

    // MARK: State

    /// All that a run can change and an engine must get right, as one value.
    package struct State: Sendable {
        package var locals: [UInt64]
        package var buffers: [[UInt8]]
        package var tape: [UInt8]
        package var tapePosition: UInt64
        package var iterators: [[UInt64]]
        package var instructionPointer: Int64
    }

    /// The state as it is now.
    package var state: State {
        unsafe State(
            locals: program.locals.indices.map { self[wordAt: layout.local($0)] },
            buffers: program.buffers.indices.map { index in
                unsafe Array(
                    UnsafeRawBufferPointer(
                        start: buffers[index], count: program.buffers[index].count * program.buffers[index].elementSize))
            },
            tape: program.tape.map { unsafe Array(UnsafeBufferPointer(start: frame.pointee.tape, count: $0.cells)) } ?? [],
            tapePosition: frame.pointee.tapePosition,
            iterators: (0..<iteratorCount).map { index in
                let iterator = unsafe frame.pointee.iterators[index]
                return [UInt64(bitPattern: iterator.next), UInt64(bitPattern: iterator.step), iterator.remaining]
            }, instructionPointer: frame.pointee.instructionPointer)
    }

    /// A local's word.
    public func local(_ index: Int) -> UInt64 { self[wordAt: layout.local(index)] }

    /// Changes a local before a run.
    public func setLocal(_ index: Int, to word: UInt64) { self[wordAt: layout.local(index)] = word }

    /// Takes over what a host may have changed before the run.
    func copyLocals(of other: Machine) {
        for index in program.locals.indices { setLocal(index, to: other.local(index)) }
    }

    /// The word of a buffer's element, zero-extended.
    public func element(_ index: Int, of buffer: Int) -> UInt64 {
        let size = program.buffers[buffer].elementSize
        precondition(index >= 0 && index < program.buffers[buffer].count, "the element lies outside its buffer")
        var word: UInt64 = 0
        for byte in (0..<size).reversed() {
            word = unsafe word << 8 | UInt64(buffers[buffer].load(fromByteOffset: index * size + byte, as: UInt8.self))
        }
        return word
    }

    /// Where the tape's pointer stands, in cells from the left end; negative or too large off the tape.
    public var tapePosition: Int64 { unsafe Int64(bitPattern: frame.pointee.tapePosition) }

    /// The source position that was recorded last.
    public var instructionPointer: Int64 { unsafe frame.pointee.instructionPointer }

    /// What the last helper returned.
    package var helperStatus: Int64 { unsafe frame.pointee.helperStatus }

    /// By statement of all traces: how often it was executed, where the run counted.
    package var counters: [UInt64] { unsafe Array(UnsafeBufferPointer(start: frame.pointee.counters, count: counterCount)) }
}

extension BufferDeclaration {
    /// Bytes of an element.
    package var elementSize: Int { element.elementBytes ?? 8 }
}
