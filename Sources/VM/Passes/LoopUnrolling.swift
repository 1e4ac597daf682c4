import CStencils

/// Repeats the bodies of short innermost loops.
///
///     body: LOAD b; STORE a; LOAD next; STORE b          body: LOAD b; STORE a; LOAD next; STORE b
///           POLL                                    =>         LOAD i; LOAD n; LT; JUMP_IF_FALSE done
///           LOAD i; LOAD n; LT; JUMP_IF_TRUE body              LOAD b; STORE a; LOAD next; STORE b
///     done:                                                    POLL
///                                                              LOAD i; LOAD n; LT; JUMP_IF_TRUE body
///                                                        done:
///
/// Where locals hand their values on from iteration to iteration, as many copies as it takes until every value is in
/// its own place again need no moves between registers. And a run that shall stop may take a few iterations more: one of
/// the copies looks. Fuel is counted in all of them.
struct LoopUnrolling: ~Copyable {
    /// Instructions of a body that is repeated, at most, and of all its copies.
    private static let longestBody = 40
    private static let longestResult = 96
    private static let mostCopies = 4

    struct Loop: BitwiseCopyable {
        var first: UInt32
        var last: UInt32
        var copies: Int
    }

    /// By instruction: the first and the last that jump to it; where none does, `absent` and 0.
    private var sources = GrowingBuffer<(first: UInt32, last: UInt32)>(capacity: 256)
    private var loops = GrowingBuffer<Loop>(capacity: 16)
    /// By instruction, and then by instruction of each copy: its place in the new list.
    private var places = GrowingBuffer<UInt32>(capacity: 256)
    /// The stack while a body is followed: which local's word, as it was at the beginning, or `absent`.
    private var stack = GrowingBuffer<UInt32>(capacity: 64)
    /// Locals that the body has stored to, in the order of the first stores, and whose word they have.
    private var moved = GrowingBuffer<(local: UInt32, source: UInt32)>(capacity: 16)

    /// For tests: see `PassFault`.
    var fault: PassFault?

    /// - Parameter inverses: by uop: the one that jumps where it does not; itself where there is none.
    /// - Returns: the region with its loops unrolled, or nil where there is nothing to unroll.
    mutating func unrolled(_ region: Region, shapes: [UopShape], inverses: [UInt16]) -> Region? {
        findSources(region)
        loops.removeAll()
        for index in region.instructions.indices {
            let head = Int(region.instructions[index].target)
            guard head <= index, index - head < Self.longestBody, isInnermost(head, index, region, shapes, inverses) else { continue }
            let copies = min(self.copies(head, index, region, shapes), Self.longestResult / (index - head + 1))
            guard copies > 1 else { continue }
            loops.append(Loop(first: UInt32(truncatingIfNeeded: head), last: UInt32(truncatingIfNeeded: index), copies: copies))
        }
        return loops.count == 0 ? nil : copy(region, shapes, inverses)
    }

    private mutating func findSources(_ region: Region) {
        sources.fill(region.instructions.count, with: (Region.absent, 0))
        for index in region.instructions.indices {
            let target = region.instructions[index].target
            guard target != Region.absent else { continue }
            let known = sources[Int(target)].first
            sources[Int(target)] = (min(known, UInt32(truncatingIfNeeded: index)), UInt32(truncatingIfNeeded: index))
        }
    }

    /// Whether instructions are a loop without another one in it, which is entered at its head and goes on at its end only.
    private func isInnermost(
        _ head: Int, _ end: Int, _ region: Region, _ shapes: [UopShape], _ inverses: [UInt16]
    ) -> Bool {
        let uop = Int(region.instructions[end].uop)
        guard Int(inverses[uop]) != uop || shapes[uop].isJump else { return false }
        guard Int(sources[head].last) == end else { return false }
        for index in head..<end {
            let target = region.instructions[index].target
            if index > head, sources[index].first != Region.absent {
                if Int(sources[index].first) < head || Int(sources[index].last) > end { return false }
            }
            if target != Region.absent, Int(target) >= head, Int(target) <= index { return false }
        }
        return end == head || sources[end].first == Region.absent
            || Int(sources[end].first) >= head && Int(sources[end].last) <= end
    }

    // MARK: How often

    private mutating func copies(_ head: Int, _ end: Int, _ region: Region, _ shapes: [UopShape]) -> Int {
        let period = period(head, end, region, shapes)
        return max(2, period)
    }

    /// After how many iterations each value that locals hand on is where it began; 1 where none is handed on.
    private mutating func period(_ head: Int, _ end: Int, _ region: Region, _ shapes: [UopShape]) -> Int {
        stack.removeAll()
        moved.removeAll()
        for index in head..<end {
            let instruction = region.instructions[index]
            if instruction.target != Region.absent || index > head && instruction.isTarget { return 1 }
            follow(instruction, shapes[Int(instruction.uop)], region)
        }
        var period = 1
        for index in 0..<moved.count {
            // How long the way is to a local that gets a new value, or back to the beginning.
            var length = 1
            var source = moved[index].source
            while source != Region.absent, source != moved[index].local, length <= Self.mostCopies {
                guard let next = place(of: source) else { return 1 }
                source = moved[next].source
                length += 1
            }
            period = max(period, length)
        }
        return period <= Self.mostCopies ? period : 1
    }

    private mutating func follow(_ instruction: Region.Instruction, _ shape: UopShape, _ region: Region) {
        if shape.isMover([.LOCAL_READ], inputs: 0, outputs: 1) {
            let local = UInt32(truncatingIfNeeded: region.operands[Int(instruction.firstOperand)])
            stack.append(place(of: local).map { moved[$0].source } ?? local)
            return
        }
        if shape.isMover([.LOCAL_WRITE], inputs: 1, outputs: 0) {
            let local = UInt32(truncatingIfNeeded: region.operands[Int(instruction.firstOperand)])
            let source = stack.count > 0 ? stack.removeLast() : Region.absent
            if let place = place(of: local) {
                moved[place].source = source
            } else {
                moved.append((local, source))
            }
            return
        }
        if shape.flags.contains(.guards) || shape.flags.contains(.peeks) { return }
        for _ in 0..<min(stack.count, shape.inputCount) { _ = stack.removeLast() }
        for _ in 0..<shape.outputCount { stack.append(Region.absent) }
    }

    private func place(of local: UInt32) -> Int? {
        for index in 0..<moved.count where moved[index].local == local { return index }
        return nil
    }

    // MARK: Copies

    private mutating func copy(_ region: Region, _ shapes: [UopShape], _ inverses: [UInt16]) -> Region {
        var result = region
        result.instructions = []
        result.origins = []
        result.instructions.reserveCapacity(region.instructions.count + loops.count * Self.longestResult)
        result.origins.reserveCapacity(region.instructions.count + loops.count * Self.longestResult)
        places.fill(region.instructions.count, with: 0)
        var next = 0
        for index in region.instructions.indices {
            places[index] = UInt32(truncatingIfNeeded: result.instructions.count)
            if next < loops.count, Int(loops[next].first) == index {
                for _ in 1..<loops[next].copies { appendCopy(of: loops[next], region, shapes, inverses, to: &result) }
                next += 1
            }
            append(region.instructions[index], from: index, region, to: &result)
        }
        for index in result.instructions.indices where result.instructions[index].target != Region.absent {
            let target = places[Int(result.instructions[index].target)]
            result.instructions[index].target = target
            result.instructions[Int(target)].isTarget = true
        }
        return result
    }

    /// An iteration that goes on with the next copy. Its instructions are numbered behind those of the region, as long
    /// as jumps name them.
    private mutating func appendCopy(
        of loop: Loop, _ region: Region, _ shapes: [UopShape], _ inverses: [UInt16], to result: inout Region
    ) {
        let base = UInt32(truncatingIfNeeded: places.count)
        let poll = poll(of: loop, region, shapes)
        for index in Int(loop.first)...Int(loop.last) {
            places.append(UInt32(truncatingIfNeeded: result.instructions.count))
            var instruction = region.instructions[index]
            if index == Int(loop.last) {
                if shapes[Int(instruction.uop)].isJump { continue }
                if fault != .unrollingKeepsConditions { instruction.uop = UInt32(inverses[Int(instruction.uop)]) }
                instruction.target = loop.last + 1
            } else if index == poll {
                continue
            } else if instruction.target != Region.absent, instruction.target > loop.first, instruction.target <= loop.last {
                instruction.target = base + instruction.target - loop.first
            }
            append(instruction, from: fault == .unrollingMistakesOrigins ? index + 1 : index, region, to: &result)
        }
    }

    /// The poll that every iteration comes to before it goes back, if it serves no other jump.
    private func poll(of loop: Loop, _ region: Region, _ shapes: [UopShape]) -> Int? {
        for index in (Int(loop.first)..<Int(loop.last)).reversed() {
            let instruction = region.instructions[index]
            if instruction.target < loop.first || region.instructions[index + 1].isTarget { return nil }
            if shapes[Int(instruction.uop)].flags.contains(.pollsInterrupt) { return index }
        }
        return nil
    }

    private func append(_ instruction: Region.Instruction, from index: Int, _ region: Region, to result: inout Region) {
        result.instructions.append(instruction)
        result.instructions[result.instructions.count - 1].isTarget = false
        result.origins.append(region.origin(of: index))
    }
}
