import UopVM

/// The passes that look at a loop as a whole: `clear`, `scans`, `multiply`, `nested` and `branches`.
///
/// Instructions are copied one by one. Where a loop ends, its body is what was copied since its head, with the loops
/// in it already rewritten, and each rule may replace it. No rule looks at more than `window` instructions.
struct LoopPass: ~Copyable, TapeSink {
    /// Instructions that a rule looks at, of one body.
    static let window = 64

    /// A loop whose end was not reached yet.
    struct OpenLoop: BitwiseCopyable {
        var head: Int
        /// Whether nothing but stores and moves came since.
        var isStraight = true
    }

    /// A loop that ends here: from its head to the end of the output.
    struct ClosingLoop {
        var head: Int
        var first: TapeInstruction
        var end: TapeInstruction
        var isStraight: Bool
        var cellBits: CellBits

        /// The cell that is tested.
        var cell: Int { Int(first.offset) }
        /// All bits of a cell.
        var mask: UInt32 { cellBits.mask }
    }

    /// What a rule made of a loop.
    enum Rewrite {
        case none
        /// Stores and moves.
        case straight
        /// Anything else.
        case control
    }

    private var open = GrowingBuffer<OpenLoop>(capacity: 64)
    private var innermost = OpenLoop(head: -1)
    private var rules: LoopRules = []
    private var cellBits = CellBits.bits8
    var output = GrowingBuffer<TapeInstruction>(capacity: 64)
    /// For the rules `multiply` and `nested`.
    var effects = GrowingBuffer<CellEffect>(capacity: LoopPass.window)
    var map = LinearMap()
    var guards = GrowingBuffer<Guard>(capacity: LinearMap.capacity)
    var growths = GrowingBuffer<Growth>(capacity: LoopPass.window)

    /// Begins a region.
    ///
    /// - Parameter memory: what becomes the output, until `end` gives it back.
    mutating func begin(_ rules: LoopRules, _ cellBits: CellBits, memory: inout GrowingBuffer<TapeInstruction>, expecting count: Int) {
        swap(&output, &memory)
        output.removeAll(expecting: count)
        open.removeAll()
        innermost = OpenLoop(head: -1)
        (self.rules, self.cellBits) = (rules, cellBits)
    }

    mutating func end(_ memory: inout GrowingBuffer<TapeInstruction>) { swap(&output, &memory) }

    /// Takes the next instruction.
    @inline(__always)
    mutating func append(_ instruction: TapeInstruction) {
        switch instruction.operation {
        case .loop:
            open.append(innermost)
            innermost = OpenLoop(head: output.count)
            output.append(instruction)
        case .end:
            let closing = ClosingLoop(
                head: innermost.head, first: output[innermost.head], end: instruction, isStraight: innermost.isStraight,
                cellBits: cellBits)
            let rewrite = rewrite(closing)
            innermost = open.removeLast()
            if rewrite != .straight { innermost.isStraight = false }
        case .add, .set, .touch, .move: output.append(instruction)
        default:
            output.append(instruction)
            innermost.isStraight = false
        }
    }

    @inline(never)
    private mutating func rewrite(_ loop: ClosingLoop) -> Rewrite {
        if rules.contains(.clear) && rewriteClear(loop) { return .straight }
        if rules.contains(.scans) && rewriteScan(loop) { return .control }
        if loop.isStraight && output.count - loop.head - 1 <= Self.window {
            if rules.contains(.multiply) {
                let rewrite = rewriteMultiply(loop)
                if rewrite != .none { return rewrite }
            }
            if rules.contains(.nested) && rewriteNested(loop) { return .control }
        }
        if rules.contains(.branches) {
            let rewrite = rewriteBranch(loop)
            if rewrite != .none { return rewrite }
        }
        output.append(loop.end)
        return .none
    }

    /// Appends to the output.
    @inline(__always)
    mutating func append(
        _ operation: TapeInstruction.Operation, _ offset: Int, amount: UInt32 = 0, other: Int = 0,
        at place: TapeInstruction
    ) {
        var instruction = TapeInstruction(operation, offset: offset, other: other, position: Int(place.position))
        instruction.amount = amount
        output.append(instruction)
    }
}

/// What takes instructions, one after the other.
protocol TapeSink: ~Copyable {
    mutating func append(_ instruction: TapeInstruction)
}

extension GrowingBuffer: TapeSink where Element == TapeInstruction {}

/// The rules that are to be used.
struct LoopRules: OptionSet {
    let rawValue: UInt8

    static let clear = LoopRules(rawValue: 1)
    static let scans = LoopRules(rawValue: 2)
    static let multiply = LoopRules(rawValue: 4)
    static let nested = LoopRules(rawValue: 8)
    static let branches = LoopRules(rawValue: 16)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(disabled: Set<BFPassName>) {
        self = []
        if !disabled.contains(.clear) { insert(.clear) }
        if !disabled.contains(.scans) { insert(.scans) }
        if !disabled.contains(.multiply) { insert(.multiply) }
        if !disabled.contains(.nested) { insert(.nested) }
        if !disabled.contains(.branches) { insert(.branches) }
    }
}
