import CRuntimeTestSupport
import CStencils
import StencilGenCore

/// A frame in which every uop may run: what operands name is there, and inputs are words of their classes.
@safe
final class NativeFrame {
    // Words of the one run of memory that two runs are compared by.
    private static let slots = unsafe MemoryLayout<UopFrame>.size / 8
    private static let slotCount = 16
    private static let (outputSlot, bufferSlot, helperSlot, localSlot) = (4, 8, 10, 14)
    private static let exitTargets = slots + slotCount
    private static let iterators = exitTargets + 4
    private static let counters = iterators + 3 * 3
    /// The buffer, the tape and the cells.
    private static let area = counters + 4
    static let areaBytes = 192
    private static let wordCount = area + areaBytes / 8

    private let words: UnsafeMutablePointer<UInt64>

    init() {
        unsafe words = .allocate(capacity: Self.wordCount)
        unsafe words.initialize(repeating: 0, count: Self.wordCount)
    }

    deinit { unsafe words.deallocate() }

    var pointer: UnsafeMutablePointer<UopFrame> {
        unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: UopFrame.self)
    }

    private func address(_ word: Int) -> UInt64 { unsafe UInt64(UInt(bitPattern: words + word)) }

    private func set<T>(_ field: KeyPath<UopFrame, T>, _ value: UInt64) {
        unsafe words[MemoryLayout<UopFrame>.offset(of: field)! / 8] = value
    }

    // MARK: What is varied

    /// Words at limits of fields, classes and instructions.
    private static let numbers: [Int64] = [
        0, 1, -1, 2, 5, 7, 63, 64, -64, 127, 128, -128, 255, 0x7FFF, 0x7FFF_FFFF, 0x8000_0000, -0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        -0x1_0000_0000, .max, .min, 0x1234_5678_9ABC_DEF0,
    ]
    private static let floats: [Double] = [
        0, -0.0, 1, -1.5, 0.5, 1e300, -1e-300, 9.3e18, 4.5e15, -7.25, .infinity, -.infinity, .nan,
    ]
    private static let integers: [UInt64] = [0, 1, 5, 0x3_FFFF_FFFF_FFFF, 0x1_FFFF_FFFF_FFFF, 0x2_0000_0000_0000, 77].map {
        0xFFFC_0000_0000_0000 | $0
    }
    private static let booleans: [UInt64] = [0xFFF8_0000_0000_0002, 0xFFF8_0000_0000_0003]
    private static let ranges: [UInt64] = (0..<3).map { 0xFFF9_0000_0000_0000 + $0 }

    private static func words(of kind: UopClass) -> [UInt64] {
        let floats = floats.map(\.bitPattern)
        switch kind {
        case .I64: return numbers.map(UInt64.init(bitPattern:)) + floats.prefix(4)
        case .F64, .FLOAT: return floats
        case .INT: return integers
        case .BOOL: return booleans
        case .NONE: return [0xFFF8_0000_0000_0000]
        case .RANGE: return ranges
        default: return integers + booleans + ranges + floats + [0xFFF8_0000_0000_0000]
        }
    }

    /// One run: which values there are.
    struct Trial {
        let uop: Definition
        let number: Int
        /// In the convention of who calls it.
        let helper: UInt64

        private func pick(_ words: [UInt64], _ salt: Int) -> UInt64 { words[(number * (2 * salt + 1) + salt * 5) % words.count] }

        var isScan: Bool { uop.name.contains("_SCAN_") }
        private var stride: Int64 { uop.name.hasSuffix("_DOWN") || uop.name.hasSuffix("_FAR") && number % 2 == 1 ? -4 : 4 }
        /// From where on the area cells are counted.
        private var cell: Int64 { isScan ? stride : [0, 4, -4, 8, 127, -60][number % 6] }

        /// Immediates, then slots.
        var operands: [UInt64] {
            uop.operands.enumerated().map { index, operand in
                switch operand.kind {
                case .LOCAL_READ, .LOCAL_WRITE: NativeFrame.offset(NativeFrame.localSlot + number % 2)
                case .HELPER: NativeFrame.offset(NativeFrame.helperSlot)
                case .CELL: UInt64(bitPattern: cell)
                case .LABEL: 0
                case .IMM_INDEX: UInt64(number % 3)
                case .IMM_F64: pick(NativeFrame.words(of: .F64), index)
                case .IMM_OBJECT: pick(NativeFrame.words(of: .OBJECT), index)
                case .IMM_I64 where isScan: UInt64(bitPattern: stride) << 32 | 1 << (stride > 0 ? 0 : 28)
                case .IMM_I64: pick(NativeFrame.words(of: .I64), index)
                default: NativeFrame.offset(NativeFrame.bufferSlot)
                }
            }
                + uop.inputs.indices.map { NativeFrame.offset($0) }
                + uop.outputs.indices.map { NativeFrame.offset(NativeFrame.outputSlot + $0) }
        }

        fileprivate func input(_ index: Int, _ frame: NativeFrame) -> UInt64 {
            let parameter = uop.inputs[index]
            // Those trust their inputs.
            let isTrusting = uop.name.hasPrefix("_MEM_READ") || uop.name.hasPrefix("_MEM_WRITE")
            switch parameter.name {
            case "tape" where uop.name.hasPrefix("_CELL"):
                let place = isScan ? 64 + 4 * Int64(number % 8) : 72 + Int64(number % 8) - cell
                return frame.address(NativeFrame.area) &+ UInt64(bitPattern: place)
            case "address" where isTrusting: return frame.address(NativeFrame.area)
            case "index" where isTrusting: return UInt64(number % 8)
            case "index": return pick([0, 1, 7, 8, 9, .max, 1 << 63], index)
            default: return pick(NativeFrame.words(of: parameter.kind), index)
            }
        }
    }

    private static func offset(_ slot: Int) -> UInt64 { UInt64(8 * (slots + slot)) }

    func reset(to trial: Trial, exitTarget: UnsafeRawPointer) {
        var random = SplitMix64(state: UInt64(trial.number) &+ 0xF0)
        for index in 0..<Self.wordCount { unsafe words[index] = random.next() }
        for index in 0..<4 { unsafe words[Self.exitTargets + index] = UInt64(UInt(bitPattern: exitTarget)) }
        for index in 0..<3 {
            unsafe words[Self.iterators + 3 * index + 2] = UInt64(index == 0 ? 0 : index * trial.number)
            unsafe words[Self.iterators + 3 * index] = [5, 1 << 48, 0xFFFF_FFFF][(index + trial.number) % 3]
            unsafe words[Self.iterators + 3 * index + 1] = [1, 1 << 48, 0xFFFF_FFFF_FFFF_FFFF][(index + trial.number) % 3]
        }
        // Searches end at zeros on both sides.
        for word in 0..<(trial.isScan ? Self.areaBytes / 8 : 0) {
            unsafe words[Self.area + word] = [0, 1, 22, 23].contains(word) ? 0 : 0x5A5A_5A5A_5A5A_5A5A
        }
        for index in trial.uop.inputs.indices { unsafe words[Self.slots + index] = trial.input(index, self) }
        unsafe words[Self.slots + Self.bufferSlot] = address(Self.area)
        unsafe words[Self.slots + Self.bufferSlot + 1] = 8
        // Code calls the second pair; nothing calls the first.
        for pair in 0..<2 {
            unsafe words[Self.slots + Self.helperSlot + 2 * pair] = pair == 1 ? trial.helper : 0
            unsafe words[Self.slots + Self.helperSlot + 2 * pair + 1] = trial.number % 3 == 2 ? 4 : 0
        }
        unsafe set(\.budget, UInt64(bitPattern: [0, 1, -1, .max][trial.number % 4]))
        unsafe set(\.floor, UInt64(bitPattern: trial.number % 3 == 0 ? .max : 0))
        unsafe set(\.exitTargets, address(Self.exitTargets))
        unsafe set(\.iterators, address(Self.iterators))
        unsafe set(\.tape, address(Self.area))
        unsafe set(\.tapeLength, UInt64(Self.areaBytes))
        unsafe set(\.tapePosition, [0, 8, UInt64(Self.areaBytes) - 1, UInt64(Self.areaBytes), .max][trial.number % 5])
        unsafe set(\.scanFirst, address(Self.area) &+ 32)
        unsafe set(\.scanLast, address(Self.area) &+ UInt64(Self.areaBytes - 32))
        unsafe set(\.counters, address(Self.counters))
    }

    /// All memory, but where registers are kept and what the helper's address is.
    func snapshot() -> [UInt64] {
        var memory = unsafe Array(UnsafeBufferPointer(start: words, count: Self.wordCount))
        let first = unsafe MemoryLayout<UopFrame>.offset(of: \.registers)! / 8
        for index in first..<first + Int(UOP_REGISTER_COUNT) { memory[index] = 0 }
        memory[Self.slots + Self.helperSlot + 2] = 0
        return memory
    }
}
