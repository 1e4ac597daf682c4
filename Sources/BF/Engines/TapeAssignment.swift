import CStencils
import UopRuntime
import UopVM

/// Makes steps of a tape region: chooses forms, and keeps cells in registers.
///
/// One walk over the instructions. The pointer is in a register of its own all the time. A cell that is read is kept
/// in a register, and an instruction that changes it changes both (`CachedCells`). Where ways meet, what both have
/// alike stays. Each instruction can be executed again from its beginning if one of its accesses faults: it
/// changes nothing before its last access that may.
///
/// Keep one and use it again: its memory stays.
struct TapeAssignment: ~Copyable {
    /// A loop or branch whose end is not reached yet.
    struct Open: BitwiseCopyable {
        /// The step that jumps over it.
        var jump: UInt32
        /// The first step of a loop's body.
        var body: UInt32
        /// What was in registers where it jumps.
        var cells: CachedCells
        /// The register that has a loop's own cell at the beginning of the body.
        var register: UInt8
        var reach: Reach
        /// What a loop without others in it adds to its own cell in one iteration, as long as nothing else changes it.
        var change: UInt32 = 0
        var isCounted: Bool
        /// Where the pointer was when it began.
        var place: Place
        /// `cost` before it.
        var cost: Int
    }

    /// Where the pointer is. Places of one stretch can be compared: within it, all moves are known.
    struct Place: BitwiseCopyable {
        var stretch: UInt32 = 0
        var cell: Int = 0
    }

    /// How far the pointer may be from a cell that is on the tape, in cells: the offset of such a cell lies between.
    struct Reach: BitwiseCopyable {
        var low: Int32 = 0
        var high: Int32 = 0

        mutating func move(_ cells: Int32) {
            low = low.subtractingReportingOverflow(cells).overflow ? (cells > 0 ? .min : .max) : low &- cells
            high = high.subtractingReportingOverflow(cells).overflow ? (cells > 0 ? .min : .max) : high &- cells
        }

        mutating func meet(_ other: Reach) {
            low = min(low, other.low)
            high = max(high, other.high)
        }

        /// The farthest that a cell may be from one on the tape.
        func distance(of offset: Int32) -> Int { max(abs(Int(offset) - Int(low)), abs(Int(offset) - Int(high))) }
    }

    let forms: TapeForms
    let layout: FrameLayout
    let cellBits: CellBits
    /// Whether cells are kept in registers for more than one instruction.
    var keepsCells = true
    var countsFuel = false
    /// Bytes of the tape: who goes along it comes to an end.
    var tapeByteCount = 1 << 46

    private(set) var steps = GrowingBuffer<Step>(capacity: 4096)
    var operands = GrowingBuffer<UInt64>(capacity: 8192)
    /// By instruction: its first step.
    private(set) var firstSteps = GrowingBuffer<UInt32>(capacity: 2048)
    /// Steps that leave, and the instructions at which the run ends or goes on.
    private(set) var exits = GrowingBuffer<Exit>(capacity: 256)
    /// The number of the first of them.
    private(set) var firstExit = 0
    /// Steps that search for a cell behind the first one.
    private(set) var searches = GrowingBuffer<UInt32>(capacity: 64)
    private(set) var hotCount = 0
    var open = GrowingBuffer<Open>(capacity: 64)
    var cells = CachedCells()
    var reach = Reach()
    var place = Place()
    /// What may at most be done before the run is asked whether it shall stop: instructions, roughly.
    var cost = 0
    var current = 0

    struct Exit: BitwiseCopyable {
        var step: UInt32
        var instruction: UInt32
    }

    init(_ forms: TapeForms, layout: FrameLayout, cellBits: CellBits) {
        self.forms = forms
        self.layout = layout
        self.cellBits = cellBits
    }

    /// Where the part that begins at an instruction ends: behind so many instructions, in no loop or branch.
    static func end(ofPart begin: Int, _ region: borrowing TapeRegion, size: Int) -> Int {
        var index = begin
        while index < region.instructions.count, index - begin < size {
            let instruction = region.instructions[index]
            let opens = instruction.operation == .loop || instruction.operation == .branch
            index = opens ? Int(instruction.other) + 1 : index + 1
        }
        return index
    }

    /// Makes `steps` of a part of a region, in which no loop or branch is open at its ends; what was there before is
    /// forgotten. Exits are numbered from those of earlier parts on; the last one leads to the part behind.
    mutating func assign(_ region: borrowing TapeRegion, _ part: Range<Int>) {
        steps.removeAll()
        operands.removeAll()
        firstSteps.removeAll()
        firstExit += exits.count
        exits.removeAll()
        searches.removeAll()
        if part.lowerBound == 0 { begin() }
        for index in part {
            current = index
            firstSteps.append(UInt32(truncatingIfNeeded: steps.count))
            if !keepsCells { cells.removeAll() }
            assign(region.instructions[index], region)
        }
        finish(part.upperBound)
    }

    /// The beginning of the program. What is known at the end of a part, registers too, holds at the beginning of the next.
    private mutating func begin() {
        firstExit = 0
        open.removeAll()
        cells.removeAll()
        reach = Reach()
        place = Place()
        cost = 0
        emit(forms.loadWord, CachedCells.pointer, operand: layout.local(0))
    }

    /// The end of the part, and what exits lead to.
    private mutating func finish(_ count: Int) {
        firstSteps.append(UInt32(truncatingIfNeeded: steps.count))
        noteExit(at: count)
        let end = exits.count - 1
        emit(forms.exit, operand: firstExit + end)
        hotCount = steps.count
        for number in 0..<end {
            steps[Int(exits[number].step)].exit = UInt32(truncatingIfNeeded: steps.count)
            emit(forms.exit, operand: firstExit + number)
        }
    }

    private mutating func assign(_ instruction: TapeInstruction, _ region: borrowing TapeRegion) {
        let offset = instruction.offset
        cost += 1
        switch instruction.operation {
        case .add: add(Int(instruction.amount), to: offset, region)
        case .set: set(offset, to: Int(instruction.amount))
        case .multiply: multiply(instruction, region)
        case .product: multiplyCells(instruction)
        case .scale: scale(offset, by: Int(instruction.amount))
        case .touch: touch(offset)
        case .move: move(Int32(bitPattern: instruction.amount))
        case .loop: begin(loop: true, offset, region)
        case .branch: begin(loop: false, offset, region)
        case .end: end(offset)
        case .endBranch: endBranch()
        case .scan: scan(instruction.signedAmount)
        case .read: read(offset)
        case .write: write(offset)
        case .print: show(Int(instruction.other), Int(instruction.amount))
        case .debug: show(-1, 0)
        }
    }

    // MARK: Steps

    mutating func emit(_ form: Int, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0) {
        steps.append(
            Step(
                form: form, firstOperand: operands.count,
                registers: Step.Registers(
                    UInt8(truncatingIfNeeded: first), UInt8(truncatingIfNeeded: second), UInt8(truncatingIfNeeded: third))))
    }

    mutating func emit(_ form: Int, _ first: Int = 0, _ second: Int = 0, operand: Int) {
        emit(form, first, second)
        operands.append(UInt64(bitPattern: Int64(operand)))
    }

    mutating func emit(_ form: Int, _ first: Int = 0, _ second: Int = 0, operands first_: Int, _ second_: Int) {
        emit(form, first, second, operand: first_)
        operands.append(UInt64(bitPattern: Int64(second_)))
    }

    mutating func setTarget(of step: Int, to target: Int) { steps[step].target = UInt32(truncatingIfNeeded: target) }

    mutating func align() { emit(Int(Step.alignment)) }

    /// The last step may leave: at this instruction.
    mutating func noteExit(at instruction: Int) {
        exits.append(
            Exit(step: UInt32(truncatingIfNeeded: max(0, steps.count - 1)), instruction: UInt32(truncatingIfNeeded: instruction)))
    }

    /// The next step searches.
    mutating func noteSearch() { searches.append(UInt32(truncatingIfNeeded: steps.count)) }

    var stepCount: Int { steps.count }

    /// A cell's distance from the pointer in bytes.
    @inline(__always)
    func distance(_ offset: Int32) -> Int { Int(offset) &* cellBits.byteCount }
}
