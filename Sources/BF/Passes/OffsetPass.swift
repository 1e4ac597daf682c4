import UopVM

/// The pass `offsets`: moves become offsets of the instructions behind them.
///
/// A loop that ends where it began, and of which the same is true of all loops inside, needs no moves at all: its
/// body names its cells from wherever the pointer was left. Such a loop is *carried*. Others are *anchored*: the
/// pointer is really moved to their cell before their two tests. What is anchored makes all around it anchored.
struct OffsetPass: ~Copyable {
    /// A loop that is open in the first scan; places are sums of moves.
    struct Scope: BitwiseCopyable {
        var head: Int
        var start: Int
        var lowest: Int
        var highest: Int
        var isAnchored = false
    }

    /// How far from its own cell a carried loop may reach. The pointer is at most as far from that cell as well.
    private static let reach = TapeRegion.largestOffset / 2

    private var scopes = GrowingBuffer<Scope>(capacity: 64)
    /// Where the program means the pointer to be, from where it is.
    private var displacement = 0
    /// Carried loops that are open.
    private var carriedDepth = 0

    /// Rewrites a region in which all offsets are 0 still, as the reader gives it.
    ///
    /// - Parameter isLast: whether nothing comes behind it.
    mutating func run(_ region: inout TapeRegion, isLast: Bool, into output: inout GrowingBuffer<TapeInstruction>) {
        markAnchoredLoops(&region)
        output.removeAll(expecting: region.instructions.count)
        (displacement, carriedDepth) = (0, 0)
        for index in 0..<region.instructions.count {
            place(region.instructions[index], &output)
        }
        // Where the pointer ends, nobody sees.
        if !isLast, region.instructions.count > 0 {
            movePointer(region.instructions[region.instructions.count - 1], &output)
        }
    }

    /// Notes in each loop's `amount`, which has no other meaning, whether it is anchored.
    private mutating func markAnchoredLoops(_ region: inout TapeRegion) {
        scopes.removeAll()
        var scope = Scope(head: -1, start: 0, lowest: 0, highest: 0)
        var place = 0
        for index in 0..<region.instructions.count {
            let instruction = region.instructions[index]
            switch instruction.operation {
            case .move:
                place += instruction.signedAmount
                scope.lowest = min(scope.lowest, place)
                scope.highest = max(scope.highest, place)
            case .scan: scope.isAnchored = true
            case .loop, .branch:
                scopes.append(scope)
                scope = Scope(head: index, start: place, lowest: place, highest: place)
            case .end, .endBranch:
                let isNear = max(scope.highest - scope.start, scope.start - scope.lowest) <= Self.reach
                let isAnchored = scope.isAnchored || place != scope.start || !isNear
                region.instructions[scope.head].amount = isAnchored ? 1 : 0
                let inner = scope
                scope = scopes.removeLast()
                scope.lowest = min(scope.lowest, inner.lowest)
                scope.highest = max(scope.highest, inner.highest)
                scope.isAnchored = scope.isAnchored || isAnchored
            default: break
            }
        }
    }

    @inline(__always)
    private mutating func place(_ instruction: TapeInstruction, _ output: inout GrowingBuffer<TapeInstruction>) {
        var placed = instruction
        switch instruction.operation {
        case .move:
            displacement += instruction.signedAmount
            return
        case .print: break
        case .scan: movePointer(instruction, &output)
        case .loop, .branch:
            placed.amount = 0
            if instruction.amount != 0 {
                movePointer(instruction, &output)
            } else {
                if carriedDepth == 0 && abs(displacement) > Self.reach { movePointer(instruction, &output) }
                carriedDepth += 1
            }
            placed.offset = Int32(truncatingIfNeeded: displacement)
        case .end, .endBranch:
            if carriedDepth > 0 { carriedDepth -= 1 } else { movePointer(instruction, &output) }
            placed.offset = Int32(truncatingIfNeeded: displacement)
        case .debug:
            // Shows the cells around the pointer, which must be there for once.
            appendMove(displacement, instruction, &output)
            output.append(instruction)
            appendMove(-displacement, instruction, &output)
            return
        default:
            if carriedDepth == 0 && abs(displacement) > TapeRegion.largestOffset { movePointer(instruction, &output) }
            placed.offset = Int32(truncatingIfNeeded: displacement)
        }
        output.append(placed)
    }

    /// Moves the pointer to where the program means it to be.
    private mutating func movePointer(
        _ instruction: TapeInstruction, _ output: inout GrowingBuffer<TapeInstruction>
    ) {
        appendMove(displacement, instruction, &output)
        displacement = 0
    }

    private func appendMove(
        _ cells: Int, _ instruction: TapeInstruction, _ output: inout GrowingBuffer<TapeInstruction>
    ) {
        if cells == 0 { return }
        output.append(TapeInstruction(.move, amount: cells, position: Int(instruction.position)))
    }
}
