import CStencils
import UopRuntime
import UopVM

/// Writes the machine code of a tape region: chooses forms, and keeps cells in registers.
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
        /// Labels: behind it, and of a loop's body.
        var end: UInt32
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

    var stream: CodeStream
    /// By instruction: where its code begins; then where that of the end does.
    private(set) var offsets = GrowingBuffer<UInt32>(capacity: 2048)
    /// Ways out, and the instructions at which the run ends or goes on.
    private(set) var exits = GrowingBuffer<Exit>(capacity: 256)
    /// The number of the first of them.
    private(set) var firstExit = 0
    /// Where code searches for a cell behind the first one: pairs of where it begins and ends.
    private(set) var searches = GrowingBuffer<UInt32>(capacity: 64)
    /// Where the code of the first exit begins.
    private(set) var lineEnd = 0
    var open = GrowingBuffer<Open>(capacity: 64)
    var cells: CachedCells
    var reach = Reach()
    var place = Place()
    /// What may at most be done before the run is asked whether it shall stop: instructions, roughly.
    var cost = 0
    var current = 0

    struct Exit: BitwiseCopyable {
        var label: UInt32
        var instruction: UInt32
    }

    init(_ forms: TapeForms, _ stream: consuming CodeStream, layout: FrameLayout, cellBits: CellBits) {
        cells = CachedCells(registerCount: stream.registerCounts.integer)
        self.stream = stream
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

    /// Writes a part of a region, in which no loop or branch is open at its ends; what was there before is
    /// forgotten. Exits are numbered from those of earlier parts on; the last one leads to the part behind.
    mutating func write(
        _ region: borrowing TapeRegion, _ part: Range<Int>, into arena: inout CodeArena
    ) throws(EmissionError) -> SealedCode {
        stream.begin()
        offsets.removeAll()
        firstExit += exits.count
        exits.removeAll()
        searches.removeAll()
        if part.lowerBound == 0 { begin() }
        for index in part {
            current = index
            stream.origin = index
            offsets.append(UInt32(truncatingIfNeeded: stream.position))
            if !keepsCells { cells.removeAll() }
            assign(region.instructions[index], region)
        }
        finish(part.upperBound)
        return try stream.finish(into: &arena)
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
        offsets.append(UInt32(truncatingIfNeeded: stream.position))
        _ = makeExit(at: count)
        let end = exits.count - 1
        emit(forms.exit, operand: firstExit + end)
        lineEnd = stream.position
        for number in 0..<end {
            stream.bind(Int(exits[number].label))
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

    /// Writes a step with these registers.
    @inline(__always)
    mutating func emit(
        _ form: Int, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0, operand: Int = 0, _ next: Int = 0, _ last: Int = 0,
        target: Int = 0, exit: Int = 0
    ) {
        let registers = Step.Registers(
            UInt8(truncatingIfNeeded: first), UInt8(truncatingIfNeeded: second), UInt8(truncatingIfNeeded: third))
        stream.append(form, registers, operand, next, last, target: target, exit: exit)
    }

    /// A label for the exit of the next step: it leaves at this instruction.
    mutating func makeExit(at instruction: Int) -> Int {
        let label = stream.makeLabel()
        exits.append(Exit(label: UInt32(truncatingIfNeeded: label), instruction: UInt32(truncatingIfNeeded: instruction)))
        return label
    }

    /// Notes that what is written here belongs to a search.
    mutating func noteSearch() { searches.append(UInt32(truncatingIfNeeded: stream.position)) }

    /// Of searches that have cold code: where that begins, and where the code in line begins that it is of.
    var coldSearches: [(cold: Int, hot: Int)] {
        var (result, search) = ([(cold: Int, hot: Int)](), 0)
        for number in 0..<stream.coldCount {
            let fragment = stream.coldFragment(number)
            while search < searches.count, searches[search] < fragment.hotBegin { search += 2 }
            if search < searches.count, searches[search] == fragment.hotBegin {
                result.append((fragment.range.lowerBound, fragment.hotBegin))
            }
        }
        return result
    }

    /// A cell's distance from the pointer in bytes.
    @inline(__always)
    func distance(_ offset: Int32) -> Int { Int(offset) &* cellBits.byteCount }
}
