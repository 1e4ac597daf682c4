import CStencils

/// Puts the test of a loop at its end: where a jump leads back to a test that leaves the loop, the test is repeated
/// in its place, the other way round.
///
///     top: LOAD i; LOAD n; LT; JUMP_IF_FALSE done        top: LOAD i; LOAD n; LT; JUMP_IF_FALSE done
///          body                                    =>    body: body
///          JUMP top                                           LOAD i; LOAD n; LT; JUMP_IF_TRUE body
///     done:                                              done:
///
/// It works on the region, before there is a graph: words on the stack have no names yet, so that copying is all. Polls
/// are copied as everything else: each way executes the instructions that it did, in their order.
struct LoopRotation: ~Copyable {
    /// Instructions that are repeated at most.
    private static let longestTest = 24

    /// By instruction: its place in the new list.
    private var places = GrowingBuffer<UInt32>(capacity: 256)
    /// By jump that is replaced, in order: the jump, and the last instruction of the test.
    private var jumps = GrowingBuffer<(jump: UInt32, test: UInt32)>(capacity: 16)
    /// For tests: see `PassFault`.
    var fault: PassFault?

    /// - Parameters:
    ///   - inverses: by uop: the one that jumps where it does not; itself where there is none.
    ///   - jump: the uop that just jumps.
    /// - Returns: the region with its loops rotated, or nil where there is nothing to rotate.
    mutating func rotated(_ region: Region, shapes: [UopShape], inverses: [UInt16], jump: Int) -> Region? {
        jumps.removeAll()
        for index in region.instructions.indices {
            let instruction = region.instructions[index]
            guard instruction.target <= UInt32(truncatingIfNeeded: index),
                shapes[Int(instruction.uop)].isJump
            else { continue }
            if let test = test(of: Int(instruction.target), before: index, region, shapes, inverses) {
                jumps.append((UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: test)))
            }
        }
        return jumps.count == 0 ? nil : copy(region, shapes, inverses, jump)
    }

    /// The conditional jump out of the loop that ends the head of the loop, if nothing but it stands in the way of
    /// repeating the head.
    private func test(
        of head: Int, before end: Int, _ region: Region, _ shapes: [UopShape], _ inverses: [UInt16]
    ) -> Int? {
        for index in head..<min(end, head + Self.longestTest) {
            let instruction = region.instructions[index]
            let flags = shapes[Int(instruction.uop)].flags
            if index > head, instruction.isTarget { return nil }
            if flags.contains(.terminator) { return nil }
            guard flags.contains(.jumps) else { continue }
            let target = Int(instruction.target)
            guard target > end || target < head, Int(inverses[Int(instruction.uop)]) != Int(instruction.uop) else { return nil }
            return index
        }
        return nil
    }

    private mutating func copy(_ region: Region, _ shapes: [UopShape], _ inverses: [UInt16], _ jump: Int) -> Region {
        var result = region
        result.instructions = []
        result.origins = []
        result.origins.reserveCapacity(region.instructions.count + jumps.count * Self.longestTest)
        result.instructions.reserveCapacity(region.instructions.count + jumps.count * Self.longestTest)
        places.removeAll()
        var next = 0
        for index in region.instructions.indices {
            places.append(UInt32(truncatingIfNeeded: result.instructions.count))
            guard next < jumps.count, Int(jumps[next].jump) == index else {
                result.instructions.append(region.instructions[index])
                result.origins.append(region.origin(of: index))
                continue
            }
            let head = region.instructions[index].target
            let test = jumps[next].test
            appendTest(at: index, last: Int(test), region, inverses, jump, to: &result)
            for position in head...test { result.origins.append(region.origin(of: Int(position))) }
            if result.origins.count < result.instructions.count { result.origins.append(region.origin(of: index)) }
            next += 1
        }
        for index in result.instructions.indices where result.instructions[index].target != Region.absent {
            result.instructions[index].target = places[Int(result.instructions[index].target)]
        }
        // What lies behind a test is the beginning of the loop now.
        for index in 0..<jumps.count { result.instructions[Int(places[Int(jumps[index].test) + 1])].isTarget = true }
        return result
    }

    /// The test, jumping back into the loop; behind it the way out, where that does not follow anyway.
    private func appendTest(
        at index: Int, last: Int, _ region: Region, _ inverses: [UInt16], _ jump: Int, to result: inout Region
    ) {
        let head = Int(region.instructions[index].target)
        let isTarget = region.instructions[index].isTarget
        let first = result.instructions.count
        for position in head..<last { result.instructions.append(region.instructions[position]) }
        var test = region.instructions[last]
        let exit = test.target
        if fault != .rotationKeepsConditions { test.uop = UInt32(inverses[Int(test.uop)]) }
        test.target = UInt32(truncatingIfNeeded: last + 1)
        result.instructions.append(test)
        for position in first..<result.instructions.count { result.instructions[position].isTarget = false }
        result.instructions[first].isTarget = isTarget
        if Int(exit) != index + 1 {
            var leave = region.instructions[index]
            leave.uop = UInt32(truncatingIfNeeded: jump)
            leave.target = exit
            leave.isTarget = false
            // What jumped back may have been a jump to the top, which has no operand.
            leave.firstOperand = UInt32(truncatingIfNeeded: result.operands.count)
            result.operands.append(0)
            result.instructions.append(leave)
        }
    }
}
