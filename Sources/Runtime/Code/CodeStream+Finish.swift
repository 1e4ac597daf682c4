import CStencils

/// What comes behind the steps, and the way into an arena.
extension CodeStream {
    /// Ends the code, and moves it into an arena.
    ///
    /// - Throws: `EmissionError`; the arena is then as before.
    public mutating func finish(into arena: inout CodeArena) throws(EmissionError) -> SealedCode {
        let begin = time()
        if position == requiredEnd { fail(.invalidStep(origin)) }
        hotByteCount = position
        writeCold()
        finishIslands()
        writeConstants()
        writeSlots()
        // Before any hole says so that does not reach.
        if position > islands.regionLimit { fail(.tooLarge) }
        for index in 0..<fixes.count {
            let fix = fixes[index]
            guard Int(fix.label) < labels.count, labels[Int(fix.label)] != Self.unbound else {
                fail(.invalidStep(Int(fix.origin)))
                continue
            }
            let value = Int64(labels[Int(fix.label)]) &+ fix.addend &- Int64(fix.position)
            if unsafe encoder.isDistance(fix.kind)
                && encoder.storeWord(value, fix.kind, at: code.address + Int(fix.position))
            {
                continue
            }
            store(
                UInt64(bitPattern: value &+ Int64(fix.position)), fix.kind, fix.position, fix.origin, isPlace: true)
        }
        if let failure { throw failure }
        return try moveInto(&arena, begin, time())
    }

    private mutating func moveInto(
        _ arena: inout CodeArena, _ begin: UInt64, _ fixed: UInt64
    ) throws(EmissionError) -> SealedCode {
        var block: CodeBlock
        do throws(MemoryError) { block = try arena.allocate(byteCount: max(1, position), alignment: alignment) } catch {
            throw .memory(error)
        }
        do throws(EmissionError) { try copy(to: &block) } catch {
            do throws(MemoryError) { try arena.free(block) } catch { throw .memory(error) }
            throw error
        }
        let copied = time()
        do throws(MemoryError) {
            let sealed = try arena.seal(block, byteCount: max(1, position))
            times = EmissionTimes(fixing: fixed - begin, copying: copied - fixed, sealing: time() - copied)
            return sealed
        } catch { throw .memory(error) }
    }

    private func copy(to block: inout CodeBlock) throws(EmissionError) {
        let destination: UnsafeMutableRawPointer
        do throws(MemoryError) { unsafe destination = try block.beginWrite() } catch { throw .memory(error) }
        defer { block.endWrite() }
        unsafe destination.copyMemory(from: code.address, byteCount: position)
        for index in 0..<addresses.count {
            let hole = addresses[index]
            if hole.helper != .none { continue }
            let value = hole.isPlace ? block.runAddress &+ hole.value : hole.value
            do throws(PatchError) {
                unsafe try encoder.fill(
                    hole.kind, value: value, code: destination, at: Int(hole.position), runAddress: block.runAddress)
            } catch { throw .patch(error, step: Int(hole.origin)) }
        }
    }

    private mutating func writeCold() {
        for index in 0..<cold.count {
            let (template, size) = unsafe (cold[index].template.pointee, Int(cold[index].template.pointee.coldSize))
            let extra = size + islands.entrySize * Int(template.coldHoleCount) + (library.hasBoundaries ? Self.largestGap : 0)
            if position + extra > roomEnd { makeRoom(extra, jumpsOver: false) }
            if position + size > islands.regionLimit { fail(.tooLarge) }
            if library.hasBoundaries { keepBoundaries(cold[index]) }
            cold[index].begin = UInt32(truncatingIfNeeded: position)
            let step = cold[index]
            let first = (Int(template.hotSize) + Int(UOP_CHUNK) - 1) / Int(UOP_CHUNK)
            unsafe TemplateSource(step.form, template)
                .copy(from: first, size: size, step.registers, to: code.address + position)
            let holes = unsafe step.form.pointee.table.holes + Int(template.firstHole)
            let operands = unsafe UnsafeBufferPointer(
                start: coldOperands.address + Int(step.firstOperand), count: Int(step.operandCount))
            for number in 0..<Int(template.hotHoleCount) + Int(template.coldHoleCount) {
                let hole = unsafe holes[number]
                let isCold = number >= Int(template.hotHoleCount)
                let start = isCold ? position : Int(step.hotBegin)
                if hole.target == .fragment, hole.index != 0 {
                    // Noted with the hot fragment.
                    if !isCold, islands.isShort(hole.kind) { continue }
                    storePlace(position, hole, UInt32(truncatingIfNeeded: start + Int(hole.offset)), step.origin)
                } else if isCold {
                    unsafe fill(hole, at: start, step, operands)
                }
            }
            position += size
        }
    }

    /// Moves on until no instruction of a cold fragment crosses its boundary; control does not come from before it.
    private mutating func keepBoundaries(_ step: ColdStep) {
        let (hot, all) = unsafe (
            Int(step.template.pointee.hotHoleCount),
            Int(step.template.pointee.hotHoleCount) + Int(step.template.pointee.coldHoleCount)
        )
        let holes = unsafe step.form.pointee.table.holes + Int(step.template.pointee.firstHole)
        while unsafe crossesBoundary(holes + hot, all - hot, at: position) { position += Self.word }
    }

    private mutating func writeConstants() {
        for index in 0..<constants.holes.count {
            let hole = constants.holes[index]
            if constants.offset(of: hole) == nil {
                let constant = unsafe library.tables[hole.set].pointee.constants[hole.constant]
                let (size, mask) = (Int(constant.size), Int(constant.alignment) - 1)
                if position + size + mask + Self.slack > code.capacity { grow(by: size + mask) }
                position = (position + mask) & ~mask
                unsafe UnsafeMutableRawPointer(code.address + position).copyMemory(
                    from: library.tables[hole.set].pointee.constantBytes + Int(constant.offset), byteCount: size)
                constants.setOffset(position, of: hole)
                position += size
            }
            guard let offset = constants.offset(of: hole) else { continue }
            store(
                UInt64(bitPattern: Int64(offset) &+ hole.addend), hole.kind, hole.position, hole.origin, isPlace: true)
        }
    }

    private mutating func writeSlots() {
        var offset = 0
        for index in 0..<slots.holes.count {
            let hole = slots.holes[index]
            // Two instructions may make one address.
            if index == 0 || !slots.holes[index - 1].isSameSlot(hole) {
                if position + 8 + Slots.alignment + Self.slack > code.capacity { grow(by: 8 + Slots.alignment) }
                position = (position + Slots.alignment - 1) & ~(Slots.alignment - 1)
                unsafe UnsafeMutableRawPointer(code.address + position)
                    .storeBytes(of: hole.word.littleEndian, as: UInt64.self)
                if hole.helper != .none {
                    addresses.append(
                        AddressHole(
                            value: 0, position: UInt32(truncatingIfNeeded: position), origin: hole.origin, kind: .absolute64,
                            isPlace: false, helper: hole.helper))
                }
                offset = position
                position += 8
            }
            store(UInt64(bitPattern: Int64(offset) &+ hole.addend), hole.kind, hole.position, hole.origin, isPlace: true)
        }
    }

    private func time() -> UInt64 { measuresTime ? MonotonicClock.now : 0 }

    /// How many steps of the code that was finished last have cold fragments.
    package var coldCount: Int { cold.count }

    /// One of them, by its number in the order of steps: where its hot fragment begins, and its cold one.
    package func coldFragment(_ number: Int) -> (origin: Int, hotBegin: Int, range: Range<Int>) {
        let step = cold[number]
        let begin = Int(step.begin)
        return unsafe (Int(step.origin), Int(step.hotBegin), begin..<begin + Int(step.template.pointee.coldSize))
    }
}

/// Holes for constants, and where constants are: each is placed once, if it is used.
struct ConstantPlaces: ~Copyable {
    struct Hole: BitwiseCopyable {
        let addend: Int64
        let position: UInt32
        let origin: UInt32
        let constant: Int
        let set: Int
        let kind: UopHoleKind
    }

    var holes = ScratchBuffer<Hole>(capacity: 16)
    /// By set, then constant.
    private var offsets: [[Int?]] = []
    private(set) var alignment = 1

    init() {}

    init(_ library: StencilLibrary) {
        offsets = unsafe library.tables.map { unsafe Array(repeating: nil, count: Int($0.pointee.constantCount)) }
        for unsafe table in unsafe library.tables {
            for index in 0..<Int(unsafe table.pointee.constantCount) {
                alignment = max(alignment, Int(unsafe table.pointee.constants[index].alignment))
            }
        }
    }

    mutating func removeAll() {
        for index in 0..<holes.count { offsets[holes[index].set][holes[index].constant] = nil }
        holes.truncate(to: 0)
    }

    mutating func note(_ constant: Int, _ set: Int, _ hole: UopHole, _ position: UInt32, _ origin: UInt32) {
        holes.append(
            Hole(addend: hole.addend, position: position, origin: origin, constant: constant, set: set, kind: hole.kind))
    }

    func offset(of hole: Hole) -> Int? { offsets[hole.set][hole.constant] }

    mutating func setOffset(_ offset: Int, of hole: Hole) { offsets[hole.set][hole.constant] = offset }
}

/// Holes for data of 8 bytes that have an operand, or a helper's address.
struct Slots: ~Copyable {
    static let alignment = 8

    struct Hole: BitwiseCopyable {
        let word: UInt64
        let addend: Int64
        let position: UInt32
        let origin: UInt32
        let index: UInt16
        let kind: UopHoleKind
        let target: UopHoleTarget
        /// Whose address a linker stores instead of the word.
        let helper: HelperNumber

        func isSameSlot(_ other: Hole) -> Bool {
            origin == other.origin && index == other.index && target == other.target && word == other.word
                && helper == other.helper
        }
    }

    var holes = ScratchBuffer<Hole>(capacity: 16)

    mutating func removeAll() { holes.truncate(to: 0) }

    mutating func note(
        _ word: UInt64, _ hole: UopHole, _ position: UInt32, _ origin: UInt32, _ helper: HelperNumber = .none
    ) {
        holes.append(
            Hole(
                word: word, addend: hole.addend, position: position, origin: origin, index: hole.index, kind: hole.kind,
                target: hole.target, helper: helper))
    }
}
