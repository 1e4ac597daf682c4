import CStencils
import UopRuntime

/// Gives values registers, and makes the steps that emission takes.
///
/// One walk over the blocks in the order of the code. At every point each value that is still needed is in one
/// register, in a word of the frame, or in both; constants may be in neither. A block that several ways lead to has
/// its state laid down by the first of them, and the others move values to where it wants them. Heads of loops come
/// before their bodies, and decide by what the whole body needs (`+Loops.swift`).
///
/// When registers run out, the value goes whose next use is farthest away; it is stored only if the frame does not
/// have it yet. What only exits need has no next use, and goes first.
///
/// Keep one and use it again: its memory stays.
struct RegisterAssignment: ~Copyable {
    static let none = UInt8.max
    /// Registers have numbers: those of integers from 0 on, those of floats from here on, however many there are.
    static let firstFloat = Int(UOP_INTEGER_REGISTER_COUNT)
    static let registerCount = Int(UOP_REGISTER_COUNT)

    /// Where a value is.
    struct Place: BitwiseCopyable {
        /// Its word in the frame, as an offset; -1 as long as it has none.
        var slot: Int32 = -1
        var register = RegisterAssignment.none
        /// Whether the word in the frame is the value, while it is in a register; otherwise it is in any case.
        var isStored = false
        /// The register that it had better be made in.
        var hint = RegisterAssignment.none
        var isFloat = false
        var isConstant = false
    }

    /// What every way into a block brings: by register the value, and those that the frame has, too.
    struct State: BitwiseCopyable {
        var first: UInt32
        /// Registers that have values, as bits.
        var taken: UInt32
        var stored: UInt32
    }

    let catalog: FormCatalog
    /// How many registers there are for integers and for floats, and which, as bits.
    let integerCount: Int
    let floatCount: Int
    let integerMask: UInt32
    let floatMask: UInt32
    var live = LiveRanges()
    var layout = FrameLayout(localCount: 0, valueCount: 0, bufferCount: 0, helperCount: 0, stackCount: 0)

    /// By value.
    var places = GrowingBuffer<Place>(capacity: 512)
    /// By register: its value.
    var registers = GrowingBuffer<UInt32>(capacity: 32)
    var freeRegisters: UInt32 = 0
    /// By block: its state, once a way into it is known.
    var blockStates = GrowingBuffer<Int32>(capacity: 64)
    var states = GrowingBuffer<State>(capacity: 64)
    var stateRegisters = GrowingBuffer<UInt32>(capacity: 1024)
    /// By block: its first step.
    var blockSteps = GrowingBuffer<UInt32>(capacity: 64)
    var moves = GrowingBuffer<Move>(capacity: 32)
    /// Words of the frame that values are kept in, from the first on.
    var spillCount = 0

    // What comes of it, of all regions:

    var plan = PlannedCode()
    /// The block, its position, and its innermost loop.
    var block = 0
    var blockEnd: UInt32 = 0
    /// Registers in which the head of the innermost loop has its phis.
    var loopRegisters: UInt32 = 0
    /// By value: 1 more than the last block that it is needed behind.
    var leaving = GrowingBuffer<UInt32>(capacity: 512)
    /// By value: the last list of needs that it was found on.
    var wanted = GrowingBuffer<UInt32>(capacity: 512)
    var want: UInt32 = 0
    var position: UInt32 = 0
    var loop = Graph.absent
    var isCold = false
    /// By variable: the last exit that has looked at it.
    var visits = GrowingBuffer<UInt32>(capacity: 64)
    var visited: UInt32 = 0
    /// The entry of `PlannedCode.exits` that is taken whenever it is passed, for tests.
    var forcedPoint: Int?
    /// Nil unless a dump asks for them.
    var notes: [PlanNote]?
    /// For tests: see `PassFault`.
    var fault: PassFault?

    init(_ library: StencilLibrary, _ catalog: UopCatalog) {
        self.catalog = FormCatalog(library, catalog)
        (integerCount, floatCount) = library.registerCounts
        integerMask = (1 << UInt32(integerCount)) - 1
        floatMask = ((1 << UInt32(floatCount)) - 1) << UInt32(Self.firstFloat)
    }

    // MARK: Registers

    /// Whether neither code nor an exit needs a value, from the position on.
    @inline(__always)
    func isDead(_ value: UInt32) -> Bool { !isWanted(value) && live.ranges[Int(value)].exitEnd < position }

    /// Whether a value is not needed behind the position, where its use is the next one that is known.
    @inline(__always)
    func diesHere(_ value: UInt32) -> Bool { !isWanted(value) && live.ranges[Int(value)].exitEnd <= position }

    /// Whether code of the block, or behind it, is still to use a value.
    @inline(__always)
    private func isWanted(_ value: UInt32) -> Bool {
        live.ranges[Int(value)].nextUse <= blockEnd || leaving[Int(value)] == UInt32(truncatingIfNeeded: block + 1)
    }

    @inline(__always)
    mutating func occupy(_ register: UInt8, with value: UInt32) {
        registers[Int(register)] = value
        freeRegisters &= ~(1 << UInt32(register))
        places[Int(value)].register = register
        plan.log.append(PlannedCode.Event(register: register, value: value))
    }

    @inline(__always)
    mutating func release(_ register: UInt8) {
        let value = registers[Int(register)]
        if value == Graph.absent { return }
        places[Int(value)].register = Self.none
        registers[Int(register)] = Graph.absent
        freeRegisters |= 1 << UInt32(register)
        plan.log.append(PlannedCode.Event(register: register, value: Graph.absent))
    }

    /// A free register of a class; one is made free where there is none.
    mutating func take(isFloat: Bool, except locked: UInt32) -> UInt8 {
        let candidates = (isFloat ? floatMask : integerMask) & ~locked
        var free = freeRegisters & candidates
        if free == 0 {
            releaseDead(candidates)
            free = freeRegisters & candidates
        }
        if free != 0 { return UInt8(truncatingIfNeeded: free.trailingZeroBitCount) }
        let victim = farthest(candidates)
        evict(victim)
        return victim
    }

    private mutating func releaseDead(_ candidates: UInt32) {
        var rest = candidates & ~freeRegisters
        while rest != 0 {
            let register = UInt8(truncatingIfNeeded: rest.trailingZeroBitCount)
            rest &= rest &- 1
            if isDead(registers[Int(register)]) { release(register) }
        }
    }

    /// The register whose value is needed last; of several, one that needs no store.
    private func farthest(_ candidates: UInt32) -> UInt8 {
        let loopEnd = loop == Graph.absent ? LiveRanges.never : self.loopEnd
        var best = Self.none
        var bestKey: (UInt32, UInt32, Int) = (0, 0, 0)
        var rest = candidates
        while rest != 0 {
            let register = UInt8(truncatingIfNeeded: rest.trailingZeroBitCount)
            rest &= rest &- 1
            let value = Int(registers[Int(register)])
            let next = live.ranges[value].nextUse
            // The next iteration uses it again.
            let isOuter = live.ranges[value].start < loopStart
            let isFree = places[value].isStored || places[value].isConstant
            let key = (isOuter ? min(next, loopEnd) : next, next, isFree ? 1 : 0)
            if best == Self.none || key > bestKey { (best, bestKey) = (register, key) }
        }
        precondition(best != Self.none, "an operation has more operands than registers")
        return best
    }

    var loopEnd: UInt32 = LiveRanges.never
    var loopStart: UInt32 = 0

    /// Leaves a value to the frame.
    mutating func evict(_ register: UInt8) {
        let value = registers[Int(register)]
        store(value)
        release(register)
    }

    /// Sees to it that the frame has a value that is in a register, unless nobody needs it.
    mutating func store(_ value: UInt32) {
        let place = places[Int(value)]
        if place.isStored || place.isConstant || isDead(value) { return }
        let slot = slot(of: value)
        places[Int(value)].isStored = true
        if fault == .registersForgetStores { return }
        emit(catalog.move.store(isFloat: place.isFloat), UInt64(slot), registers: local(place.register))
    }

    /// The word of the frame that a value is kept in.
    mutating func slot(of value: UInt32) -> Int {
        if places[Int(value)].slot < 0 {
            places[Int(value)].slot = Int32(layout.spill(spillCount))
            spillCount += 1
        }
        return Int(places[Int(value)].slot)
    }

    /// Brings a value into a register.
    mutating func fetch(_ value: UInt32, _ graph: borrowing Graph, except locked: UInt32) -> UInt8 {
        let place = places[Int(value)]
        if place.register != Self.none { return place.register }
        let register = take(isFloat: place.isFloat, except: locked)
        load(value, into: register, graph)
        occupy(register, with: value)
        places[Int(value)].isStored = true
        return register
    }

    private mutating func load(_ value: UInt32, into register: UInt8, _ graph: borrowing Graph) {
        let place = places[Int(value)]
        if place.isConstant {
            let word = graph.operands[Int(graph.nodes[Int(value)].operand)]
            emit(catalog.move.constant(isFloat: place.isFloat), word, registers: local(register))
        } else {
            precondition(place.slot >= 0, "a value is nowhere")
            emit(catalog.move.load(isFloat: place.isFloat), UInt64(place.slot), registers: local(register))
        }
    }

    /// A register's number among those of its class, as the first axis.
    @inline(__always)
    func local(_ register: UInt8) -> Step.Registers { Step.Registers(Self.number(register)) }

    @inline(__always)
    static func number(_ register: UInt8) -> UInt8 { register < firstFloat ? register : register - UInt8(firstFloat) }

    // MARK: Steps

    /// A step with one operand word, where the walk is.
    @inline(__always)
    mutating func emit(_ form: Int32, _ word: UInt64, registers: Step.Registers) {
        let step = Step(form: Int(form), firstOperand: plan.operands.count, registers: registers)
        plan.operands.append(word)
        append(step)
    }

    @inline(__always)
    mutating func append(_ step: Step) {
        if isCold { plan.cold.append(step) } else { plan.steps.append(step) }
    }
}
