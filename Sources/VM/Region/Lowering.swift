import CStencils

/// What engines want of the regions beside the program's own uops.
package struct LoweringOptions: Sendable, Equatable {
    /// Back edges count down fuel; otherwise they only look whether the run shall stop.
    package var countsFuel = false
    /// Every statement counts how often it is executed.
    package var counts = false

    package init() {}
}

/// Why a program cannot be lowered.
public struct LoweringError: Error, Equatable, Sendable, CustomStringConvertible {
    public var description: String {
        "the stencil sets lack a uop that the compiler inserts (local load and store, pop, poll): load the base set, too"
    }
}

extension VerifiedProgram {
    /// The regions of all traces.
    package func regions(_ options: LoweringOptions = LoweringOptions()) throws(LoweringError) -> RegionSet {
        guard let uops = catalog.inserted else { throw LoweringError() }
        // Counted without copies of the traces: short ones are compiled in microseconds.
        var (valueCount, statementCount, longest, deepest) = (0, 0, 0, 0)
        for index in traces.indices {
            valueCount += program.traces[index].values.count
            statementCount += program.traces[index].statements.count
            longest = max(longest, program.traces[index].statements.count)
            deepest = max(deepest, traces[index].maximumDepth)
        }
        let layout = FrameLayout(
            localCount: program.locals.count, valueCount: valueCount, bufferCount: program.buffers.count,
            helperCount: program.helpers.count, stackCount: deepest + UOP_MAX_OUTPUTS + 1,
            // As many values as a region may have at once that are in no register: untouched memory costs nothing.
            spillCount: 256 + 4 * longest)
        var set = RegionSet(layout: layout)
        set.exits.reserveCapacity(8 + statementCount / 4)
        set.regions.reserveCapacity(traces.count)
        var firstValue = 0
        var firstCounter = 0
        for index in traces.indices {
            var exits = set.exits
            set.exits = []
            set.regions.append(
                region(index, uops, options, layout, firstValue: firstValue, firstCounter: firstCounter, exits: &exits))
            set.exits = exits
            firstValue += program.traces[index].values.count
            firstCounter += program.traces[index].statements.count
        }
        return set
    }

    /// One trace's region, made in its own arrays.
    private func region(
        _ index: Int, _ uops: InsertedUops, _ options: LoweringOptions, _ layout: FrameLayout, firstValue: Int,
        firstCounter: Int, exits: inout [RegionExit]
    ) -> Region {
        let trace = program.traces[index]
        let counters = options.counts ? trace.statements.count : 0
        // Each statement is one instruction, and a poll where it jumps; each named value is a move, and what
        // stays on the stack is dropped; a trace begins with a poll.
        let instructionBound = 2 * trace.statements.count + counters + 2 * trace.valueUses.count + 1
        let operandBound = trace.operands.count + counters + trace.valueUses.count + 1
        var region = Region(trace: index)
        var operands: [UInt64] = []
        let instructions = unsafe [Region.Instruction](unsafeUninitializedCapacity: instructionBound) { memory, count in
            operands = unsafe [UInt64](unsafeUninitializedCapacity: operandBound) { operandMemory, operandCount in
                var lowering = unsafe RegionLowering(
                    self, index, uops, options, layout, firstValue: firstValue, firstCounter: firstCounter, exits: exits,
                    instructions: GrowingBuffer(in: memory), operands: GrowingBuffer(in: operandMemory))
                exits = []
                region = lowering.run(pollsAtEntry: linkedTraces.contains(index))
                exits = lowering.exits
                (count, operandCount) = lowering.counts
            }
        }
        region.instructions = instructions
        region.operands = operands
        return region
    }
}

/// How an operand's word in a program becomes the word that stencils take: what is named becomes a
/// frame offset. A table, because a switch would be the least predictable branch of lowering.
private struct OperandForms: ~Copyable {
    /// By kind: factor and summand.
    private var forms: GrowingBuffer<SIMD2<UInt64>>

    init(_ layout: FrameLayout) {
        let count = uop_operand_kind_count()
        forms = GrowingBuffer(capacity: count)
        for _ in 0..<count { forms.append([1, 0]) }
        func set(_ kind: UopOperandKind, _ forms: inout GrowingBuffer<SIMD2<UInt64>>, _ position: (Int) -> Int) {
            forms[Int(kind.rawValue)] = [UInt64(position(1) - position(0)), UInt64(position(0))]
        }
        set(.LOCAL_READ, &forms, layout.local)
        set(.LOCAL_WRITE, &forms, layout.local)
        for kind in UopOperandKind.bufferElements { set(kind, &forms, layout.buffer) }
        set(.HELPER, &forms, layout.helper)
        // Where a label is will be known later, and is no operand then.
        set(.LABEL, &forms) { _ in 0 }
    }

    @inline(__always)
    func word(_ word: UInt64, of kind: UopOperandKind) -> UInt64 {
        let form = forms[Int(kind.rawValue)]
        return word &* form.x &+ form.y
    }
}

/// Lowers one trace.
private struct RegionLowering: ~Copyable {
    private let verified: VerifiedTrace
    private let trace: TraceDeclaration
    private let shapes: [UopShape]
    private let uops: InsertedUops
    private let poll: Int
    private let options: LoweringOptions
    private let layout: FrameLayout
    private let forms: OperandForms
    private let firstValue: Int
    private let firstCounter: Int
    private(set) var exits: [RegionExit]
    private var region: Region
    private var instructions: GrowingBuffer<Region.Instruction>
    private var operands: GrowingBuffer<UInt64>
    /// By label: its instruction once known.
    private var labels: [UInt32]
    private var depth = 0
    private var nextIsTarget = false

    init(
        _ program: VerifiedProgram, _ index: Int, _ uops: InsertedUops, _ options: LoweringOptions, _ layout: FrameLayout,
        firstValue: Int, firstCounter: Int, exits: [RegionExit],
        instructions: consuming GrowingBuffer<Region.Instruction>, operands: consuming GrowingBuffer<UInt64>
    ) {
        verified = program.traces[index]
        trace = program.program.traces[index]
        shapes = program.catalog.shapes
        self.uops = uops
        poll = options.countsFuel ? uops.pollFuel : uops.pollInterrupt
        self.options = options
        self.layout = layout
        forms = OperandForms(layout)
        self.firstValue = firstValue
        self.firstCounter = firstCounter
        self.exits = exits
        region = Region(trace: index)
        region.entryDepth = trace.entry.count
        region.maximumDepth = verified.maximumDepth
        labels = Array(repeating: Region.absent, count: trace.labels.count)
        self.instructions = instructions
        self.operands = operands
    }

    /// How many instructions and operands there are.
    var counts: (instructions: Int, operands: Int) { (instructions.count, operands.count) }

    /// Fills the buffers; the region that is returned lacks them.
    mutating func run(pollsAtEntry: Bool) -> Region {
        depth = region.entryDepth
        // Jumps to the top come back to the first instruction, with the stack in place.
        nextIsTarget = true
        if pollsAtEntry { append(poll, statement: 0) }
        let top = UInt32(instructions.count)
        nextIsTarget = true
        let (trace, verified) = (self.trace, self.verified)
        unsafe trace.statements.withUnsafeBufferPointer { statements in
            unsafe trace.operands.withUnsafeBufferPointer { words in
                unsafe lower(statements, words, verified, top: top)
            }
        }
        resolveLabels()
        return region
    }

    /// Until all labels are known, a target holds the label's number.
    private mutating func resolveLabels() {
        for index in 0..<instructions.count where instructions[index].target != Region.absent {
            if !shapes[Int(instructions[index].uop)].flags.contains(.toTop) {
                instructions[index].target = labels[Int(instructions[index].target)]
            }
        }
    }

    private mutating func lower(
        _ statements: UnsafeBufferPointer<Statement>, _ words: UnsafeBufferPointer<Operand>, _ verified: VerifiedTrace,
        top: UInt32
    ) {
        // Verification has found every depth; here it is carried along, and looked up where control comes
        // from elsewhere.
        var isKnown = true
        for number in 0..<statements.count {
            let state = verified.states[number]
            guard state != StackStates.unreachable else {
                isKnown = false
                continue
            }
            switch unsafe statements[number].kind {
            case .label(let label):
                labels[label] = UInt32(truncatingIfNeeded: instructions.count)
                nextIsTarget = true
                depth = verified.stacks.depth(of: state)
            case .uop(let uop):
                if !isKnown { depth = verified.stacks.depth(of: state) }
                unsafe lower(number, statements.baseAddress.unsafelyUnwrapped + number, words, uop, top: top)
            }
            isKnown = true
        }
    }

    @inline(__always)
    private mutating func lower(
        _ number: Int, _ statement: UnsafePointer<Statement>, _ words: UnsafeBufferPointer<Operand>, _ uop: Int,
        top: UInt32
    ) {
        let shape = shapes[uop]
        if options.counts {
            operands.append(UInt64(firstCounter + number))
            append(uops.count, statement: number, firstOperand: operands.count - 1)
        }
        var target = Region.absent
        if shape.flags.contains(.jumps) {
            let label = shape.labelOperand < 0 ? nil : labelOperand(of: number, shape)
            target = label.map { UInt32(truncatingIfNeeded: $0) } ?? top
            // A label that is known by now lies behind: this is a back edge.
            if label.map({ labels[$0] != Region.absent }) ?? true { append(poll, statement: number) }
        }
        let hasNames = unsafe statement.pointee.argumentCount | statement.pointee.resultCount != 0
        if hasNames { loadArguments(number) }
        let firstOperand = operands.count
        let source = Int(unsafe statement.pointee.firstOperand)
        for index in 0..<shape.operandCount {
            operands.append(forms.word(unsafe words[source + index].word, of: shape.operandKind(index)))
        }
        append(
            uop, statement: number, firstOperand: firstOperand, target: target,
            exitTarget: unsafe statement.pointee.exit)
        if hasNames { storeResults(number, shape) }
    }

    private mutating func loadArguments(_ number: Int) {
        let statement = trace.statements[number]
        let first = Int(statement.firstValueUse) + Int(statement.resultCount)
        for index in first..<first + Int(statement.argumentCount) {
            move(uops.load, trace.valueUses[index].value, statement: number)
        }
    }

    private mutating func storeResults(_ number: Int, _ shape: UopShape) {
        let statement = trace.statements[number]
        for index in (0..<Int(statement.resultCount)).reversed() {
            move(uops.store, trace.valueUses[Int(statement.firstValueUse) + index].value, statement: number)
        }
        // Named arguments of a uop that leaves its inputs do not stay.
        if shape.flags.contains(.peeks) {
            for _ in 0..<Int(statement.argumentCount) { append(uops.pop, statement: number) }
        }
    }

    private func labelOperand(of number: Int, _ shape: UopShape) -> Int {
        Int(trace.operands[Int(trace.statements[number].firstOperand) + shape.labelOperand].word)
    }

    /// Loads or stores a named value.
    private mutating func move(_ uop: Int, _ value: Int, statement: Int) {
        operands.append(UInt64(layout.value(firstValue + value)))
        append(uop, statement: statement, firstOperand: operands.count - 1)
    }

    private mutating func append(
        _ uop: Int, statement: Int, firstOperand: Int? = nil, target: UInt32 = Region.absent,
        exitTarget: ExitTarget = .implicit
    ) {
        let shape = shapes[uop]
        var exit = Region.absent
        if shape.flags.contains(.exits) {
            exit = UInt32(exits.count)
            exits.append(
                RegionExit(trace: region.trace, instruction: instructions.count, target: exitTarget))
        }
        instructions.append(
            Region.Instruction(
                uop: UInt32(uop), depth: UInt32(depth), firstOperand: UInt32(firstOperand ?? operands.count),
                target: target, exit: exit, statement: UInt32(statement), isTarget: nextIsTarget))
        nextIsTarget = false
        depth += shape.outputCount - (shape.flags.contains(.peeks) ? 0 : shape.inputCount)
    }
}
