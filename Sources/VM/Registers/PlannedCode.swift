import UopRuntime

/// What register assignment leaves: the steps of all regions, and what an exit must know to put the interpreter's
/// state together.
struct PlannedCode: ~Copyable {
    /// A change of what is in a register.
    struct Event: BitwiseCopyable {
        var register: UInt8
        var value: UInt32
    }

    /// A place where code leaves.
    struct ExitPoint: BitwiseCopyable {
        var region: UInt32
        /// The graph's entry in `Graph.exits`.
        var exit: UInt32
        /// Events of `log` before it.
        var eventCount: UInt32
    }

    /// The hot path of all regions; then, once finished, what exits and edges need, out of line.
    var steps = GrowingBuffer<Step>(capacity: 512)
    var cold = GrowingBuffer<Step>(capacity: 256)
    var operands = GrowingBuffer<UInt64>(capacity: 1024)
    /// By region: its first step.
    var entries = GrowingBuffer<UInt32>(capacity: 8)
    var exits = GrowingBuffer<ExitPoint>(capacity: 128)
    var log = GrowingBuffer<Event>(capacity: 1024)
    /// Steps whose target is a block that had no step yet.
    var fixups = GrowingBuffer<Fixup>(capacity: 64)
    private(set) var hotCount = 0

    struct Fixup: BitwiseCopyable {
        var step: UInt32
        var isCold: Bool
        var block: UInt32
    }

    /// Set in targets and exits of steps that are the number of a cold step.
    static let coldBit: UInt32 = 1 << 31

    mutating func removeAll() {
        steps.removeAll()
        cold.removeAll()
        operands.removeAll()
        entries.removeAll()
        exits.removeAll()
        log.removeAll()
        fixups.removeAll()
    }

    /// Puts the cold steps behind the hot ones.
    mutating func finish() {
        hotCount = steps.count
        for index in 0..<cold.count { steps.append(cold[index]) }
        let offset = UInt32(truncatingIfNeeded: hotCount)
        for index in 0..<steps.count {
            if steps[index].target & Self.coldBit != 0, steps[index].target != .max {
                steps[index].target = (steps[index].target & ~Self.coldBit) + offset
            }
            if steps[index].exit & Self.coldBit != 0, steps[index].exit != .max {
                steps[index].exit = (steps[index].exit & ~Self.coldBit) + offset
            }
        }
    }
}
