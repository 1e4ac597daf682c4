import CStencils

/// A frame with all that base uops touch, in one run of words, so that two runs can be compared whole.
@safe
final class TestFrame {
    static let slotCount = 16
    static let tapeByteCount = 64
    static let exitCount = 4
    private static let headerWords = unsafe MemoryLayout<UopFrame>.size / 8
    private static let exitTargets = headerWords + slotCount
    private static let tape = exitTargets + exitCount
    private static let counters = tape + tapeByteCount / 8
    private static let wordCount = counters + 3

    private let words: UnsafeMutablePointer<UInt64>

    init() {
        unsafe words = .allocate(capacity: Self.wordCount)
        unsafe words.initialize(repeating: 0, count: Self.wordCount)
    }

    deinit { unsafe words.deallocate() }

    var pointer: UnsafeMutablePointer<UopFrame> {
        unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: UopFrame.self)
    }

    /// The byte offset by which operands name a slot.
    static func offset(slot: Int) -> UInt64 { UInt64(8 * (headerWords + slot)) }

    /// What a run begins with.
    struct State {
        /// The first slots; the others and all else that uops only pass by are random.
        var inputs: [UInt64]
        var tapePosition: UInt64
        /// Where the first slot points, as a distance from the tape; nil where it is the first input.
        var pointer: UInt64?
        /// What is on the tape; nil for anything.
        var tape: [UInt8]?
        /// The counter that is to lie in the frame's memory, whatever its number.
        var counterIndex: UInt64
        var seed: UInt64
    }

    func reset(to state: State, exitTarget: UnsafeRawPointer) {
        var random = SplitMix64(state: state.seed)
        for index in 0..<Self.wordCount { unsafe words[index] = random.next() }
        for (index, input) in state.inputs.enumerated() { unsafe words[Self.headerWords + index] = input }
        if let pointer = state.pointer { unsafe words[Self.headerWords] = address(of: Self.tape) &+ pointer }
        for (index, byte) in (state.tape ?? []).enumerated() {
            unsafe UnsafeMutableRawPointer(words + Self.tape).storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        for index in 0..<Self.exitCount { unsafe words[Self.exitTargets + index] = UInt64(UInt(bitPattern: exitTarget)) }
        unsafe set(\.exitTargets, address(of: Self.exitTargets))
        unsafe set(\.tape, address(of: Self.tape))
        unsafe set(\.tapeLength, UInt64(Self.tapeByteCount))
        unsafe set(\.tapePosition, state.tapePosition)
        unsafe set(\.scanFirst, address(of: Self.tape) &+ 32)
        unsafe set(\.scanLast, address(of: Self.tape) &+ UInt64(Self.tapeByteCount - 32))
        // Index times 8 wraps, as it does in the machine's address.
        unsafe set(\.counters, address(of: Self.counters + 1) &- 8 &* state.counterIndex)
    }

    /// All memory, and `exitIndex` in it; without the registers, in which frame forms leave anything.
    func snapshot() -> [UInt64] {
        var memory = unsafe Array(UnsafeBufferPointer(start: words, count: Self.wordCount))
        let first = unsafe MemoryLayout<UopFrame>.offset(of: \.registers)! / 8
        for index in first..<first + Int(UOP_REGISTER_COUNT) { memory[index] = 0 }
        return memory
    }
    var exitIndex: UInt64 { unsafe pointer.pointee.exitIndex }

    private func address(of word: Int) -> UInt64 { unsafe UInt64(UInt(bitPattern: words + word)) }

    private func set<T>(_ field: KeyPath<UopFrame, T>, _ value: UInt64) {
        // Every field is a word.
        unsafe words[MemoryLayout<UopFrame>.offset(of: field)! / 8] = value
    }
}

/// Random words that a seed repeats.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
