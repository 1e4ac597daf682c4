import CStencils
import UopRuntime

/// A frame with all that uops of registers touch, in one run of words, so that two runs can be compared whole. What
/// forms with registers and frame forms leave different lies together: the frame's registers, then the slots of
/// inputs and outputs.
@safe
final class RegisterFrame {
    static let headerWords = unsafe MemoryLayout<UopFrame>.size / 8
    private static let registers = unsafe MemoryLayout<UopFrame>.offset(of: \.registers)! / 8
    static let inputSlot = 0
    static let outputSlot = 6
    /// Between two fused uops.
    static let betweenSlot = 9
    /// What the registers hold before the uop.
    static let registerSlot = 10
    static let localSlot = registerSlot + Int(UOP_REGISTER_COUNT)
    static let bufferSlot = localSlot + 1
    private static let tape = headerWords + bufferSlot + 2
    static let tapeBytes = 16
    private static let buffer = tape + tapeBytes / 8
    static let bufferBytes = 32
    private static let counters = buffer + bufferBytes / 8
    private static let iterators = counters + 3
    static let iteratorCount = 4
    private static let wordCount = iterators + 3 * iteratorCount
    static let exitCount = 5

    private let words: UnsafeMutablePointer<UInt64>
    private let other: UnsafeMutablePointer<UInt64>
    private let exitTargets: UnsafeMutablePointer<UnsafeRawPointer?>

    init() {
        unsafe words = .allocate(capacity: Self.wordCount)
        unsafe other = .allocate(capacity: Self.wordCount)
        unsafe exitTargets = .allocate(capacity: Self.exitCount)
        unsafe words.initialize(repeating: 0, count: Self.wordCount)
        unsafe other.initialize(repeating: 0, count: Self.wordCount)
        unsafe exitTargets.initialize(repeating: nil, count: Self.exitCount)
    }

    deinit {
        unsafe words.deallocate()
        unsafe other.deallocate()
        unsafe exitTargets.deallocate()
    }

    var pointer: UnsafeMutablePointer<UopFrame> {
        unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: UopFrame.self)
    }

    /// The byte offset by which operands name a slot.
    static func offset(_ slot: Int) -> UInt64 { UInt64(8 * (headerWords + slot)) }

    subscript(slot: Int) -> UInt64 {
        get { unsafe words[Self.headerWords + slot] }
        set { unsafe words[Self.headerWords + slot] = newValue }
    }

    func slot(_ number: Int) -> UnsafeMutablePointer<UInt64> { unsafe words + Self.headerWords + number }

    /// What an exit left in the registers.
    func register(_ number: Int) -> UInt64 { unsafe words[Self.registers + number] }
    var exit: Int { Int(unsafe pointer.pointee.exitIndex) }

    /// What a run begins with, slots of inputs and registers apart.
    struct State {
        var seed: UInt64
        var tapePosition: UInt64
        var budget: Int64
        var floor: Int64
        /// The counter that is to lie in the frame's memory, whatever its number.
        var counter: UInt64
        /// How much the iterators have left.
        var remaining: UInt64
    }

    func reset(to state: State) {
        var word = state.seed
        for index in 0..<Self.wordCount {
            word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            unsafe words[index] = word
        }
        let frame = unsafe pointer
        unsafe frame.pointee.exitTargets = UnsafePointer(exitTargets)
        unsafe frame.pointee.tape = UnsafeMutableRawPointer(words + Self.tape).assumingMemoryBound(to: UInt8.self)
        unsafe frame.pointee.tapeLength = UInt64(Self.tapeBytes)
        unsafe frame.pointee.tapePosition = state.tapePosition
        unsafe frame.pointee.budget = state.budget
        unsafe frame.pointee.floor = state.floor
        // Index times 8 wraps, as it does in the machine's address.
        unsafe frame.pointee.counters = UnsafeMutablePointer(
            bitPattern: UInt(bitPattern: words + Self.counters + 1) &- 8 &* UInt(truncatingIfNeeded: state.counter))
        unsafe frame.pointee.iterators = UnsafeMutableRawPointer(words + Self.iterators)
            .assumingMemoryBound(to: UopRangeIterator.self)
        for index in 0..<Self.iteratorCount {
            unsafe words[Self.iterators + 3 * index + 2] = index == 0 ? state.remaining : UInt64(index)
            // Values of a range are small integers.
            for part in 0..<2 { unsafe words[Self.iterators + 3 * index + part] &= 0xFFFF }
        }
        self[Self.bufferSlot] = bufferAddress
    }

    /// Where the buffer is.
    var bufferAddress: UInt64 { unsafe UInt64(UInt(bitPattern: words + Self.buffer)) }

    /// How many elements the buffer has, of so many bytes each.
    func setBuffer(elementBytes: Int) { self[Self.bufferSlot + 1] = UInt64(Self.bufferBytes / max(1, elementBytes)) }

    /// Puts a part of other memory in the tape's place.
    func setTape(_ tape: GuardedTape, _ range: Range<Int>) {
        let frame = unsafe pointer
        unsafe frame.pointee.tape = tape.pointer(to: range.lowerBound)
        unsafe frame.pointee.tapeLength = UInt64(range.count)
        unsafe frame.pointee.scanFirst = tape.base + UInt64(range.lowerBound) + 32
        unsafe frame.pointee.scanLast = tape.base + UInt64(range.upperBound) - 32
    }

    /// Where exits lead: all back, but one to the code that is tried.
    func setExits(_ returnAddress: UnsafeRawPointer, code: UnsafeRawPointer? = nil) {
        for index in 0..<Self.exitCount { unsafe exitTargets[index] = returnAddress }
        if let code = unsafe code { unsafe exitTargets[Self.exitCount - 1] = code }
    }

    /// Keeps all words for `restore`.
    func keep() { unsafe other.update(from: words, count: Self.wordCount) }

    /// Goes back to what was kept.
    func restore() { unsafe words.update(from: other, count: Self.wordCount) }

    /// Copies all words for `differs`.
    func copy(to array: inout [UInt64]) {
        unsafe array.withUnsafeMutableBufferPointer { unsafe $0.baseAddress!.update(from: words, count: Self.wordCount) }
    }

    static var emptyCopy: [UInt64] { [UInt64](repeating: 0, count: wordCount) }

    /// Whether anything but registers and the slots of inputs and outputs is other than in a copy.
    func differs(from copy: [UInt64]) -> Bool {
        for range in [0..<Self.registers, Self.headerWords + Self.betweenSlot + 1..<Self.wordCount] {
            for index in range where unsafe words[index] != copy[index] { return true }
        }
        return false
    }
}
