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
    ///
    /// - Parameters:
    ///   - isFirst: whether the region is the beginning of the program; else it begins where a loop has ended.
    ///   - isLast: whether the program ends with it.
    package mutating func run(
        _ region: inout TapeRegion, disabled: Set<BFPassName> = [], isFirst: Bool = true, isLast: Bool = true
    ) {
        if !disabled.contains(.offsets) {
            offsets.run(&region, isLast: isLast, into: &spare)
            swap(&region.instructions, &spare)
            clock.lap("offsets")
        }
        let rules = LoopRules(disabled: disabled)
        if !rules.isEmpty {
            loops.run(region, rules, into: &spare)
            swap(&region.instructions, &spare)
            clock.lap("loops")
        }
        if !disabled.contains(.constants) {
            constants.run(
                &region, isFirst: isFirst, joinsOutput: !disabled.contains(.output), into: &spare)
            swap(&region.instructions, &spare)
            clock.lap("constants")
        }
        region.link()
        clock.lap("linking")
    }
}

extension TapeRegion {
    /// Tells the ends of each loop and branch where the other is, joins moves, and drops moves by 0.
    ///
    /// What is open remembers what is open around it in `other`, until it gets its end.
    package mutating func link() {
        var innermost = -1
        var count = 0
        for index in 0..<instructions.count {
            var instruction = instructions[index]
            switch instruction.operation {
            case .loop, .branch:
                instruction.other = Int32(truncatingIfNeeded: innermost)
                innermost = count
            case .end, .endBranch:
                let head = innermost
                precondition(head >= 0, "a loop or branch of a region ends that never began")
                innermost = Int(instructions[head].other)
                instructions[head].other = Int32(truncatingIfNeeded: count)
                instruction.other = Int32(truncatingIfNeeded: head)
            case .move:
                if count > 0, instructions[count - 1].operation == .move {
                    let sum = instructions[count - 1].signedAmount + instruction.signedAmount
                    if let sum = Int32(exactly: sum) {
                        instruction = instructions[count - 1]
                        instruction.amount = UInt32(bitPattern: sum)
                        count -= 1
                    }
                }
                if instruction.amount == 0 { continue }
            default: break
            }
            instructions[count] = instruction
            count += 1
        }
        precondition(innermost < 0, "a loop or branch of a region never ends")
        instructions.truncate(to: count)
    }
}
