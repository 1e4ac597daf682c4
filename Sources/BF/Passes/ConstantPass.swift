import UopVM

/// The pass `constants`: follows the values of cells, and which cells are proven to be on the tape.
///
/// Stores to one cell in a straight stretch become one, at the place of the first: it is the first use of the cell
/// that may be an error, and what the tape holds after an error nobody sees. A use of a cell that is proven to be on
/// the tape may vanish, any other must stay, in its place.
struct ConstantPass: ~Copyable {
    /// A loop or branch whose end was not reached yet.
    struct Scope: BitwiseCopyable {
        /// What the outer one had changed so far.
        var changed: UInt64
        var head: Int32
        var isBalanced: Bool
        /// A branch that is always taken, and is no more.
        var isDropped = false
    }

    var output = GrowingBuffer<TapeInstruction>(capacity: 64)
    var cells = KnownCells()
    /// Where the pointer is, in the places of `cells`.
    var pointer = 0
    /// The number of the instruction that is read.
    var current: Int32 = 0
    /// Stores before this one of the output must stay as they are: control may come to behind it from elsewhere.
    var barrier: Int32 = 0
    /// The `print` of the output to which another may be joined, or -1.
    var print: Int32 = -1
    var mask: UInt32 = 0
    var joinsOutput = false
    private var scopes = GrowingBuffer<Scope>(capacity: 64)
    private var summaries = LoopSummaries()
    private var headCount = 0

    /// - Parameter isFirst: whether it is the beginning of the program. Other parts begin where a loop has ended.
    mutating func run(
        _ region: inout TapeRegion, isFirst: Bool, joinsOutput: Bool, into result: inout GrowingBuffer<TapeInstruction>
    ) {
        summaries.collect(region)
        swap(&output, &result)
        output.removeAll(expecting: region.instructions.count)
        scopes.removeAll()
        (pointer, current, barrier, print, headCount) = (0, 0, 0, -1, 0)
        if isFirst { cells.start() } else { startAnew(value: 0) }
        (mask, self.joinsOutput) = (region.cellBits.mask, joinsOutput)
        var index = 0
        while index < region.instructions.count {
            current = Int32(truncatingIfNeeded: index)
            index = pass(region.instructions[index], at: index, &region)
        }
        swap(&output, &result)
    }

    /// Passes one instruction, or a loop that never runs, and returns the number of the one behind it.
    @inline(__always)
    private mutating func pass(_ instruction: TapeInstruction, at index: Int, _ region: inout TapeRegion) -> Int {
        let cell = pointer + Int(instruction.offset)
        switch instruction.operation {
        case .add: add(instruction.amount, to: cell, instruction)
        case .set: set(cell, to: instruction.amount, instruction)
        case .touch: touch(cell, instruction)
        case .multiply: multiply(instruction, cell)
        case .product: product(instruction, cell)
        case .scale: scale(instruction, cell)
        case .move:
            pointer += instruction.signedAmount
            output.append(instruction)
        case .read: read(instruction, cell)
        case .write: write(instruction, cell, &region.strings)
        case .print, .debug: showAll(instruction)
        case .scan: scan(instruction)
        case .loop, .branch:
            let known = cells[cell]
            if known.isKnown && known.value == 0 {
                touch(cell, instruction)
                return skip(from: index, region)
            }
            open(instruction, known)
        case .end, .endBranch: close(instruction)
        }
        return index + 1
    }

    /// Passes over a loop or branch whose cell is 0 at its head.
    private mutating func skip(from head: Int, _ region: borrowing TapeRegion) -> Int {
        var depth = 0
        var index = head
        repeat {
            switch region.instructions[index].operation {
            case .loop, .branch:
                depth += 1
                headCount += 1
            case .end, .endBranch: depth -= 1
            default: break
            }
            index += 1
        } while depth > 0
        return index
    }

    private mutating func open(_ instruction: TapeInstruction, _ known: KnownCell) {
        let summary = summaries[headCount]
        headCount += 1
        var scope = Scope(changed: 0, head: current, isBalanced: summary.isBalanced)
        if instruction.operation == .branch && known.isKnown {
            // Known, and not 0.
            touch(known.cell, instruction)
            scope.isDropped = true
            scopes.append(scope)
            return
        }
        appendUse(instruction, known.cell)
        endStretch()
        scope.changed = cells.changed
        scopes.append(scope)
        cells.changed = 0
        guard instruction.operation == .loop else { return }
        if summary.isBalanced {
            cells.forgetValues(summary.stores.rotated(by: pointer))
        } else {
            startAnew(value: nil)
        }
    }

    private mutating func close(_ instruction: TapeInstruction) {
        let scope = scopes.removeLast()
        if scope.isDropped { return }
        output.append(instruction)
        endStretch()
        if scope.isBalanced {
            cells.forget(learnedAfter: scope.head)
            let cell = pointer + Int(instruction.offset)
            var known = cells[cell]
            (known.value, known.valueSince) = (0, current)
            known.provenSince = min(known.provenSince, current)
            cells[cell] = known
        } else {
            startAnew(value: 0)
        }
        cells.changed |= scope.changed
    }

    /// The pointer may be anywhere, but is at a cell of the tape.
    func knownNothing(value: UInt32?) -> KnownCell {
        KnownCell(
            cell: 0, value: value ?? 0, valueSince: value == nil ? KnownCell.never : current, provenSince: current)
    }

    mutating func startAnew(value: UInt32?) {
        cells.forgetAll()
        pointer = 0
        cells[0] = knownNothing(value: value)
    }

    /// Ends a straight stretch: what was stored before is seen by what follows.
    mutating func endStretch() {
        barrier = Int32(truncatingIfNeeded: output.count)
        print = -1
    }
}
