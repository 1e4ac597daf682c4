import CStencils

/// A trace as engines execute it: reachable uops only, labels resolved, polls at back edges, named
/// values as locals. Both engines are made from it.
package struct Region: Sendable {
    package struct Instruction: Sendable, Equatable, BitwiseCopyable {
        /// The uop's number.
        package var uop: UInt32
        /// Words on the stack before it.
        package var depth: UInt32
        /// Its operand words in `Region.operands`: literals, frame offsets of what is named,
        /// and 0 for a label.
        package var firstOperand: UInt32
        /// The instruction that a jump leads to; `Region.absent` where the uop does not jump.
        package var target: UInt32
        /// The number of its exit in `RegionSet.exits`; `Region.absent` where it has none.
        package var exit: UInt32
        /// The statement that it is made from.
        package var statement: UInt32
        /// Whether a jump leads here, so that the stack must be where everyone expects it.
        package var isTarget: Bool
    }

    package static let absent = UInt32.max

    /// The index in `Program.traces`.
    package var trace: Int
    package var instructions: [Instruction] = []
    package var operands: [UInt64] = []
    /// By instruction: its number in the region that this one was made from; empty where it was made from none.
    package var origins: [UInt32] = []
    /// An instruction's number in the region that this one was made from; its own where it was made from none.
    func origin(of index: Int) -> UInt32 { origins.isEmpty ? UInt32(truncatingIfNeeded: index) : origins[index] }

    package var entryDepth = 0
    /// Words that the stack has at most.
    package var maximumDepth = 0
}

/// Where a uop leaves its region.
package struct RegionExit: Sendable, Equatable, BitwiseCopyable {
    package var trace: Int
    /// The instruction in the region's list, to resume at: it counts as not executed.
    package var instruction: Int
    package var target: ExitTarget
}

/// All regions of a program, which share exits' numbers and the frame.
package struct RegionSet: Sendable {
    package var regions: [Region] = []
    package var exits: [RegionExit] = []
    package var layout: FrameLayout
}

/// Which word of the frame is what.
package struct FrameLayout: Sendable, Equatable {
    /// Locals of the program, then its named values, then descriptors, then the stack.
    package var localCount: Int
    package var valueCount: Int
    package var bufferCount: Int
    package var helperCount: Int
    /// Words of stack: the deepest, and as many more as a uop may push.
    package var stackCount: Int
    /// Words that register assignment may keep values in, behind two of its own.
    package var spillCount = 0

    package init(
        localCount: Int, valueCount: Int = 0, bufferCount: Int = 0, helperCount: Int, stackCount: Int, spillCount: Int = 0
    ) {
        self.localCount = localCount
        self.valueCount = valueCount
        self.bufferCount = bufferCount
        self.helperCount = helperCount
        self.stackCount = stackCount
        self.spillCount = spillCount
    }

    /// Bytes from the frame's beginning to its first slot.
    static let header = unsafe MemoryLayout<UopFrame>.size
    static let word = 8
    private static let helperByteCount = unsafe MemoryLayout<UopHelper>.size
    /// The word that has the position in the source.
    static let position = unsafe MemoryLayout<UopFrame>.offset(of: \.instructionPointer) ?? 0

    package func local(_ index: Int) -> Int { Self.header + index * Self.word }
    package func value(_ index: Int) -> Int { local(localCount + index) }
    package func buffer(_ index: Int) -> Int { local(localCount + valueCount + 2 * index) }
    package func helper(_ index: Int) -> Int { buffer(bufferCount) + index * Self.helperByteCount }
    package func stack(_ index: Int) -> Int { helper(helperCount) + index * Self.word }
    /// The first of two words that nothing lives in.
    package var scratch: Int { stack(stackCount) }
    package func spill(_ index: Int) -> Int { scratch + (2 + index) * Self.word }
    package var byteCount: Int { spill(spillCount) }

    /// Which helper's descriptor is at an offset.
    func helperIndex(at offset: Int) -> Int { (offset - helper(0)) / Self.helperByteCount }

    /// What begins at an offset: a name for dumps.
    package func name(of offset: Int, in program: Program) -> String {
        if offset < Self.header { return "position" }
        let index = (offset - Self.header) / Self.word
        if index < localCount { return program.locals[index].name }
        if index < localCount + valueCount { return "%" + Self.value(index - localCount, in: program) }
        if offset < helper(0) { return program.buffers[(offset - buffer(0)) / (2 * Self.word)].name }
        if offset < stack(0) { return program.helpers[helperIndex(at: offset)].name }
        if offset < scratch { return "s\((offset - stack(0)) / Self.word)" }
        return offset < spill(0) ? "scratch" : "spill\((offset - spill(0)) / Self.word)"
    }

    /// The name of a named value; traces' values are counted one trace after the other.
    private static func value(_ index: Int, in program: Program) -> String {
        var first = 0
        for trace in program.traces {
            if index - first < trace.values.count { return trace.values[index - first] }
            first += trace.values.count
        }
        return "\(index)"
    }
}
