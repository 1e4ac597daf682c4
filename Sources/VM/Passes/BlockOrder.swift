import CStencils

/// Puts the blocks of a region in an order in which each one has a way into it from before, as register assignment
/// needs it. Most regions are in such an order; loops with their test at the end, which are entered by a jump to it,
/// are not:
///
///          JUMP test                           test: LOAD i; LOAD n; LT; JUMP_IF_FALSE done
///     body: ...                           =>   body: ...
///     test: LOAD i; LOAD n; LT                       JUMP test
///          JUMP_IF_TRUE body                   done:
///     done:
///
/// The order is a reverse postorder; what a jump back leads to comes right behind the jump, so that loops stay
/// together. `LoopRotation` then puts the test at the end again, and another one before.
struct BlockOrder: ~Copyable {
    struct Block: BitwiseCopyable {
        var first: UInt32
        var last: UInt32
        /// Where control goes: the block that a jump leads to, and the one behind.
        var jump = Graph.absent
        var behind = Graph.absent
        /// Ways out that were followed so far.
        var followed: UInt8 = 0
        var isSeen = false
        /// Its place in the new order.
        var place: UInt32 = 0
    }

    /// By instruction: 1 more than the first that jumps there; later its block.
    private var marks = GrowingBuffer<UInt32>(capacity: 256)
    private var blocks = GrowingBuffer<Block>(capacity: 64)
    private var path = GrowingBuffer<UInt32>(capacity: 64)
    /// Blocks in postorder.
    private var finished = GrowingBuffer<UInt32>(capacity: 64)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    /// - Returns: the region in another order, or nil where its own will do.
    mutating func ordered(_ region: Region, shapes: [UopShape], inverses: [UInt16], jump: Int) -> Region? {
        if isOrdered(region, shapes) { return nil }
        findBlocks(region, shapes)
        walk()
        return copy(region, shapes, inverses, jump)
    }

    private mutating func isOrdered(_ region: Region, _ shapes: [UopShape]) -> Bool {
        let instructions = region.instructions.span
        marks.fill(instructions.count, with: 0)
        var isReached = true
        var result = true
        for index in 0..<instructions.count {
            let instruction = instructions[index]
            if !isReached, marks[index] == 0 { result = false }
            isReached = !shapes[Int(instruction.uop)].flags.contains(.terminator)
            if instruction.target != Region.absent, marks[Int(instruction.target)] == 0 {
                marks[Int(instruction.target)] = UInt32(truncatingIfNeeded: index + 1)
            }
        }
        return result
    }

    private mutating func findBlocks(_ region: Region, _ shapes: [UopShape]) {
        blocks.removeAll()
        var begins = true
        let count = region.instructions.count
        for index in 0..<count {
            if begins || marks[index] != 0 {
                blocks.append(Block(first: UInt32(truncatingIfNeeded: index), last: UInt32(truncatingIfNeeded: index)))
            }
            blocks[blocks.count - 1].last = UInt32(truncatingIfNeeded: index)
            marks[index] = UInt32(truncatingIfNeeded: blocks.count - 1)
            begins = region.instructions[index].target != Region.absent
                || shapes[Int(region.instructions[index].uop)].flags.contains(.terminator)
        }
        for index in 0..<blocks.count {
            let last = region.instructions[Int(blocks[index].last)]
            if last.target != Region.absent { blocks[index].jump = marks[Int(last.target)] }
            if !shapes[Int(last.uop)].flags.contains(.terminator), index + 1 < blocks.count {
                blocks[index].behind = UInt32(truncatingIfNeeded: index + 1)
            }
        }
    }

    /// Depth first; what is followed last comes first behind the block.
    private mutating func walk() {
        finished.removeAll()
        path.removeAll()
        path.append(0)
        blocks[0].isSeen = true
        while path.count > 0 {
            let number = Int(path[path.count - 1])
            let block = blocks[number]
            guard block.followed < 2 else {
                finished.append(UInt32(truncatingIfNeeded: number))
                _ = path.removeLast()
                continue
            }
            let isBack = block.jump != Graph.absent && Int(block.jump) <= number
            let next = (block.followed == 0) == isBack ? block.behind : block.jump
            blocks[number].followed += 1
            if next != Graph.absent, !blocks[Int(next)].isSeen {
                blocks[Int(next)].isSeen = true
                path.append(next)
            }
        }
    }

    private mutating func copy(_ region: Region, _ shapes: [UopShape], _ inverses: [UInt16], _ jump: Int) -> Region {
        var result = region
        result.instructions = []
        result.origins = []
        result.instructions.reserveCapacity(region.instructions.count + finished.count)
        for index in (0..<finished.count).reversed() {
            let number = Int(finished[index])
            let next = index > 0 ? finished[index - 1] : Graph.absent
            blocks[number].place = UInt32(truncatingIfNeeded: result.instructions.count)
            append(number, next: next, region, inverses, jump, to: &result)
        }
        for index in result.instructions.indices where result.instructions[index].target != Region.absent {
            let target = blocks[Int(marks[Int(result.instructions[index].target)])].place
            result.instructions[index].target = target
            result.instructions[Int(target)].isTarget = true
        }
        return result
    }

    private func append(
        _ number: Int, next: UInt32, _ region: Region, _ inverses: [UInt16], _ jump: Int, to result: inout Region
    ) {
        let block = blocks[number]
        for index in block.first...block.last {
            result.instructions.append(region.instructions[Int(index)])
            result.instructions[result.instructions.count - 1].isTarget = false
            result.origins.append(region.origin(of: Int(index)))
        }
        guard block.behind != Graph.absent, block.behind != next else { return }
        let last = result.instructions.count - 1
        let uop = result.instructions[last].uop
        if block.jump == next, Int(inverses[Int(uop)]) != Int(uop) {
            // The jump turned round: what it led to follows.
            if fault != .orderKeepsConditions { result.instructions[last].uop = UInt32(inverses[Int(uop)]) }
            result.instructions[last].target = blocks[Int(block.behind)].first
            return
        }
        if fault == .orderDropsJumps { return }
        let first = region.instructions[Int(blocks[Int(block.behind)].first)]
        result.instructions.append(
            Region.Instruction(
                uop: UInt32(truncatingIfNeeded: jump), depth: first.depth,
                firstOperand: UInt32(truncatingIfNeeded: result.operands.count), target: blocks[Int(block.behind)].first,
                exit: Region.absent, statement: first.statement, isTarget: false))
        result.operands.append(0)
        result.origins.append(result.origins[last])
    }
}
