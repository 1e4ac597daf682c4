package import UopVM

/// Runs the passes on regions, in memory that is kept from one region to the next.
///
/// Every pass reads the instructions once, from the first to the last, and writes them to the other of two buffers;
/// what it looks back at is bounded. So the time is linear in the program, whatever its nesting.
package struct TapeOptimizer: ~Copyable {
    private var spare = GrowingBuffer<TapeInstruction>(capacity: 64)
    private var offsets = OffsetPass()
    private var loops = LoopPass()
    private var constants = ConstantPass()
    /// Measures each group of passes, which look at the instructions together.
    package var clock = StageClock()

    package init() {}

    /// Rewrites a region as the reader gave it, keeping what a run of it shows: its output, whether and where it
    /// leaves the tape, and the cells where it ends well. Links loops and branches.
    package mutating func run(_ region: inout TapeRegion, disabled: Set<BFPassName> = []) {
        var result = TapeRegion(capacity: region.instructions.count, cellBits: region.cellBits)
        run(&region, disabled: disabled, isFirst: true, isLast: true, appendingTo: &result)
        swap(&region, &result)
    }

    /// The same of a part of a program, which goes behind those before it.
    ///
    /// - Parameters:
    ///   - isFirst: whether the part is the beginning of the program; else it begins where a loop has ended.
    ///   - isLast: whether the program ends with it.
    mutating func run(
        _ region: inout TapeRegion, disabled: Set<BFPassName>, isFirst: Bool, isLast: Bool,
        appendingTo result: inout TapeRegion
    ) {
        let rules = LoopRules(disabled: disabled)
        let hasOffsets = !disabled.contains(.offsets)
        if !rules.isEmpty {
            loops.begin(rules, region.cellBits, memory: &spare, expecting: region.instructions.count)
            if hasOffsets {
                offsets.run(region, isLast: isLast, into: &loops)
            } else {
                for index in 0..<region.instructions.count { loops.append(region.instructions[index]) }
            }
            loops.end(&spare)
            swap(&region.instructions, &spare)
        } else if hasOffsets {
            spare.removeAll(expecting: region.instructions.count)
            offsets.run(region, isLast: isLast, into: &spare)
            swap(&region.instructions, &spare)
        }
        clock.lap("offsets, loops")
        if !disabled.contains(.constants) {
            constants.run(
                &region, isFirst: isFirst, joinsOutput: !disabled.contains(.output), into: &spare)
            swap(&region.instructions, &spare)
            clock.lap("constants")
        }
        result.append(region)
        clock.lap("linking")
    }
}

extension TapeRegion {
    /// Adds a part of the program behind what there is: tells the ends of each loop and branch where the other is, joins
    /// moves, and drops moves by 0.
    ///
    /// What is open remembers what is open around it in `other`, until it gets its end.
    mutating func append(_ part: borrowing TapeRegion) {
        let firstByte = Int32(truncatingIfNeeded: strings.count)
        for index in 0..<part.strings.count { strings.append(part.strings[index]) }
        var innermost = Int32(-1)
        for index in 0..<part.instructions.count {
            var instruction = part.instructions[index]
            let number = Int32(truncatingIfNeeded: instructions.count)
            switch instruction.operation {
            case .loop, .branch:
                instruction.other = innermost
                instruction.amount = 0
                innermost = number
            case .end, .endBranch:
                let head = innermost
                precondition(head >= 0, "a loop or branch of a region ends that never began")
                innermost = instructions[Int(head)].other
                instructions[Int(head)].other = number
                instruction.other = head
            case .move:
                if instruction.amount == 0 || joins(instruction) { continue }
            case .print: instruction.other &+= firstByte
            default: break
            }
            instructions.append(instruction)
        }
        precondition(innermost < 0, "a loop or branch of a region never ends")
    }

    /// Adds a move to the one before it, if that is the last instruction; returns whether it did.
    private mutating func joins(_ move: TapeInstruction) -> Bool {
        let last = instructions.count - 1
        guard last >= 0, instructions[last].operation == .move,
            let sum = Int32(exactly: instructions[last].signedAmount + move.signedAmount)
        else { return false }
        instructions[last].amount = UInt32(bitPattern: sum)
        if sum == 0 { instructions.truncate(to: last) }
        return true
    }
}
