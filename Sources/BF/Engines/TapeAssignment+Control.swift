import UopRuntime
import UopVM

/// Loops, branches, searches, and calls of the host.
extension TapeAssignment {
    // MARK: Loops and branches

    mutating func begin(loop isLoop: Bool, _ offset: Int32, _ region: borrowing TapeRegion) {
        endCounting()
        let register = load(offset)
        let end = stream.makeLabel()
        emit(forms.jumpIfZero, register, target: end)
        let before = cells
        if isLoop {
            // Nothing is known yet of what the body leaves in registers, but that its own cell is made to be there.
            cells.removeAll()
            cells.put(offset, in: register)
            stream.align()
        }
        let body = isLoop ? stream.makeLabelHere() : end
        reach = Reach(low: offset, high: offset)
        open.append(
            Open(
                end: UInt32(truncatingIfNeeded: end), body: UInt32(truncatingIfNeeded: body), cells: before,
                register: UInt8(truncatingIfNeeded: register), reach: reach, isCounted: isLoop && cellBits != .bits32,
                place: place, cost: cost))
    }

    mutating func end(_ offset: Int32) {
        let loop = open.removeLast()
        let register = Int(loop.register)
        if let found = cells.find(offset) {
            if found != register { emit(forms.copy, register, found) }
        } else {
            use(offset)
            emit(forms.load, register, CachedCells.pointer, operand: distance(offset))
        }
        cells.evict(register)
        cells.put(offset, in: register)
        pollUnlessShort(loop)
        emit(forms.jumpIfNotZero, register, target: Int(loop.body))
        stream.bind(Int(loop.end))
        cells.meet(loop.cells)
        reach = Reach(low: offset, high: offset)
        endCounting()
        if !isPlace(loop.place) { loseTrack() }
    }

    mutating func endBranch() {
        let branch = open.removeLast()
        if !isPlace(branch.place) { loseTrack() }
        stream.bind(Int(branch.end))
        cost = max(cost, branch.cost)
        cells.meet(branch.cells)
        reach.meet(branch.reach)
        endCounting()
    }

    private mutating func poll() {
        emit(countsFuel ? forms.pollFuel : forms.pollInterrupt, exit: makeExit(at: current))
    }

    // MARK: Loops that end by themselves

    /// What may be done without asking whether the run shall stop: a fraction of a second.
    private static let patience = 1 << 26
    /// What a call of the host costs, beside an instruction.
    private static let callCost = 16

    /// Asks whether the run shall stop, unless the loop ends by itself, and soon: what is done in it counts
    /// for what follows. (Behind a loop that asks, the cost is what it was, because it may be skipped.)
    private mutating func pollUnlessShort(_ loop: Open) {
        let once = max(1, cost - loop.cost)
        cost = loop.cost
        if !countsFuel, let count = iterations(loop), count <= (Self.patience - cost) / once {
            cost += count * once
        } else {
            poll()
        }
    }

    /// The largest number of iterations, if it is known: of loops that take an odd number from their own cell in each, or
    /// go the same way along the tape, which has an end.
    private func iterations(_ loop: Open) -> Int? {
        if loop.isCounted, loop.change & 1 == 1 { return 1 << cellBits.rawValue }
        guard place.stretch == loop.place.stretch, place.cell != loop.place.cell else { return nil }
        return tapeByteCount / (abs(place.cell - loop.place.cell) * cellBits.byteCount) + 1
    }

    private func isPlace(_ other: Place) -> Bool { place.stretch == other.stretch && place.cell == other.cell }

    /// From here on it is not known where the pointer is.
    private mutating func loseTrack() { place = Place(stretch: place.stretch &+ 1) }

    /// The innermost loop is more than a counter.
    mutating func endCounting() {
        if open.count > 0 { open[open.count - 1].isCounted = false }
    }

    mutating func noteChange(of offset: Int32, by amount: Int) {
        guard open.count > 0, open[open.count - 1].isCounted, open[open.count - 1].reach.low == offset else { return }
        open[open.count - 1].change &+= UInt32(truncatingIfNeeded: amount)
    }

    mutating func noteOtherChange(of offset: Int32) {
        if open.count > 0, open[open.count - 1].reach.low == offset { endCounting() }
    }

    // MARK: Searches

    /// The first cell is tested as a loop's is; the search goes on from the next one.
    mutating func scan(_ stride: Int) {
        endCounting()
        let scan = TapeScan(stride: stride, cellBits)
        let isFar = abs(scan.stride) > TapeScan.widestStride
        let most = tapeByteCount / (isFar ? abs(scan.stride) : scan.bytesPerStep)
        // (Fuel counts jumps back only.)
        if cost + most > Self.patience, !countsFuel {
            poll()
            cost = 0
        }
        cost += most
        let register = load(0)
        let end = stream.makeLabel()
        emit(forms.jumpIfZero, register, target: end)
        addLiteral(scan.stride, to: CachedCells.pointer)
        noteSearch()
        let pointer = CachedCells.pointer
        if isFar {
            emit(forms.scanFar, pointer, pointer, operand: scan.stride)
        } else {
            emit(stride > 0 ? forms.scanUp : forms.scanDown, pointer, pointer, operand: scan.stride, scan.plan)
        }
        noteSearch()
        stream.bind(end)
        cells.removeAll()
        reach = Reach()
        loseTrack()
    }

    // MARK: The host

    mutating func write(_ offset: Int32) {
        let register = load(offset)
        emit(forms.storeWord, register, operand: layout.local(1))
        call(forms.callWithOne, TapeHelper.write, layout.local(1))
    }

    mutating func read(_ offset: Int32) {
        endCounting()
        // Before the host reads, it must be known that there is a cell for it.
        touch(offset)
        call(forms.callForValue, TapeHelper.read, layout.local(1))
        let register = cells.takeForNow()
        emit(forms.loadWord, register, operand: layout.local(1))
        emit(forms.storeInput, CachedCells.pointer, register, operand: distance(offset))
        reach = Reach(low: offset, high: offset)
    }

    /// Lets the host write bytes of the region's strings, or show what is around the pointer.
    mutating func show(_ first: Int, _ count: Int) {
        cost += count
        let register = cells.takeForNow()
        emit(forms.constant, register, operand: TapeHelper.argument(first, count))
        emit(forms.storeWord, register, operand: layout.local(1))
        call(forms.callWithTwo, TapeHelper.show, layout.local(0), layout.local(1))
    }

    /// The host may use any register: the pointer is in the frame meanwhile.
    private mutating func call(_ form: Int, _ helper: Int, _ first: Int, _ second: Int = 0) {
        cost += Self.callCost
        emit(forms.storeWord, CachedCells.pointer, operand: layout.local(0))
        emit(form, operand: layout.helper(helper), first, second, exit: makeExit(at: current))
        emit(forms.loadWord, CachedCells.pointer, operand: layout.local(0))
        cells.removeAll()
    }
}

/// What the host does for BF programs, by the number of its helper.
enum TapeHelper {
    static let read = 0
    static let write = 1
    /// Takes the pointer, and what it is to show.
    static let show = 2

    /// Bytes of the strings as one word; -1 for the cells around the pointer.
    static func argument(_ first: Int, _ count: Int) -> Int { first < 0 ? -1 : first | count << 32 }
}

/// How a search goes: operands of the scanning uops (Stencils/Cells.h).
struct TapeScan {
    /// Bytes that one step looks at: UOP_SCAN_BYTES.
    static let byteCount = 32
    /// The widest stride, in bytes, for which machine code looks at so many at once: by measurement, mandelbrot's searches
    /// by 9 cells are 1.6 times as fast cell by cell.
    static let widestStride = 4

    /// From cell to cell, in bytes.
    let stride: Int
    /// Which bytes of a step are looked at, and above, how far the next step is.
    let plan: Int
    /// How far that is, whatever the direction.
    let bytesPerStep: Int

    init(stride cells: Int, _ bits: CellBits) {
        stride = cells * bits.byteCount
        let distance = abs(stride)
        var mask: UInt32 = 0
        var position = 0
        while position < Self.byteCount {
            // Downwards the step ends with the cell where it begins.
            mask |= 1 << UInt32(stride > 0 ? position : Self.byteCount - bits.byteCount - position)
            position += distance
        }
        plan = Int(mask) | (stride > 0 ? position : -position) << 32
        bytesPerStep = position
    }
}
