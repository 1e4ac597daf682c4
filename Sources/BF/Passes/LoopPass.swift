import UopVM

/// The passes that look at a loop as a whole: `clear`, `scans`, `multiply`, `nested` and `branches`.
///
/// Instructions are copied one by one. Where a loop ends, its body is what was copied since its head, with the loops
/// in it already rewritten, and each rule may replace it. No rule looks at more than `window` instructions.
struct LoopPass: ~Copyable {
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
    var output = GrowingBuffer<TapeInstruction>(capacity: 64)
    /// For the rules `multiply` and `nested`.
    var effects = GrowingBuffer<CellEffect>(capacity: LoopPass.window)
    var map = LinearMap()
    var guards = GrowingBuffer<Guard>(capacity: LinearMap.capacity)
    var growths = GrowingBuffer<Growth>(capacity: LoopPass.window)

    mutating func run(
        _ region: borrowing TapeRegion, _ rules: LoopRules, into result: inout GrowingBuffer<TapeInstruction>
    ) {
        swap(&output, &result)
        output.removeAll(expecting: region.instructions.count)
        open.removeAll()
        var loop = OpenLoop(head: -1)
        for index in 0..<region.instructions.count {
            let instruction = region.instructions[index]
            switch instruction.operation {
            case .loop:
                open.append(loop)
                loop = OpenLoop(head: output.count)
                output.append(instruction)
            case .end:
                let closing = ClosingLoop(
                    head: loop.head, first: output[loop.head], end: instruction, isStraight: loop.isStraight,
                    cellBits: region.cellBits)
                let rewrite = rewrite(closing, rules)
                loop = open.removeLast()
                if rewrite != .straight { loop.isStraight = false }
            case .add, .set, .touch, .move: output.append(instruction)
            default:
                output.append(instruction)
                loop.isStraight = false
            }
        }
        swap(&output, &result)
    }

    private mutating func rewrite(_ loop: ClosingLoop, _ rules: LoopRules) -> Rewrite {
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
