import UopVM

/// The pass `offsets`: moves become offsets of the instructions behind them.
///
/// A loop that ends where it began, and of which the same is true of all loops inside, needs no moves at all: its
/// body names its cells from wherever the pointer was left. Such a loop is *carried*. Others are *anchored*: the
/// pointer is really moved to their cell before their two tests. What is anchored makes all around it anchored.
struct OffsetPass {
    /// Where the program means the pointer to be, from where it is.
    private var displacement = 0
    /// Carried loops that are open.
    private var carriedDepth = 0

    /// Rewrites a region as the reader gives it, instruction by instruction.
    ///
    /// - Parameter isLast: whether nothing comes behind it.
    mutating func run(_ region: borrowing TapeRegion, isLast: Bool, into sink: inout some TapeSink & ~Copyable) {
        (displacement, carriedDepth) = (0, 0)
        for index in 0..<region.instructions.count {
            place(region.instructions[index], &sink)
        }
        // Where the pointer ends, nobody sees.
        if !isLast, region.instructions.count > 0 {
            movePointer(region.instructions[region.instructions.count - 1], &sink)
        }
    }

    @inline(__always)
    private mutating func place(_ instruction: TapeInstruction, _ sink: inout some TapeSink & ~Copyable) {
        var placed = instruction
        switch instruction.operation {
        case .move:
            displacement += instruction.signedAmount
            return
        case .print: break
        case .scan: movePointer(instruction, &sink)
        case .loop, .branch:
            placed.amount = 0
            if instruction.amount != 0 {
                movePointer(instruction, &sink)
            } else {
                if carriedDepth == 0 && abs(displacement) > TapeRegion.largestCarriedReach { movePointer(instruction, &sink) }
                carriedDepth += 1
            }
            placed.offset = Int32(truncatingIfNeeded: displacement)
        case .end, .endBranch:
            if carriedDepth > 0 { carriedDepth -= 1 } else { movePointer(instruction, &sink) }
            placed.offset = Int32(truncatingIfNeeded: displacement)
        case .debug:
            // Shows the cells around the pointer, which must be there for once.
            appendMove(displacement, instruction, &sink)
            sink.append(instruction)
            appendMove(-displacement, instruction, &sink)
            return
        default:
            if carriedDepth == 0 && abs(displacement) > TapeRegion.largestOffset { movePointer(instruction, &sink) }
            placed.offset = Int32(truncatingIfNeeded: displacement)
        }
        sink.append(placed)
    }

    /// Moves the pointer to where the program means it to be.
    private mutating func movePointer(
        _ instruction: TapeInstruction, _ sink: inout some TapeSink & ~Copyable
    ) {
        appendMove(displacement, instruction, &sink)
        displacement = 0
    }

    private func appendMove(
        _ cells: Int, _ instruction: TapeInstruction, _ sink: inout some TapeSink & ~Copyable
    ) {
        if cells == 0 { return }
        sink.append(TapeInstruction(.move, amount: cells, position: Int(instruction.position)))
    }
}
