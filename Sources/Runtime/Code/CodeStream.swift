import CStencils

/// Writes machine code as its steps are chosen, in one pass: copies templates, fills their holes, and notes what depends on
/// what comes later.
///
/// A step leads to *labels*, which are bound where the code is that they stand for, before or afterwards. Cold
/// fragments, and then constants in the order in which they are needed, go behind all that was written. `finish` fills what was noted, and moves the code into an arena.
///
/// An error does not interrupt anything: the first one is what `finish` throws. Keep one and use it again: its memory stays,
/// and so do the templates that it has prepared.
public struct CodeStream: ~Copyable {
    /// What is written at once, and may be written behind the end of a fragment.
    private static let slack = 2 * PreparedTemplate.largestSize
    /// What the heads of loops are aligned to.
    private static let loopAlignment = 32
    private static let unbound = UInt32.max
    /// Operand words that a step has at most: immediates, frame offsets, a literal.
    static let mostOperands = Int(UOP_MAX_OPERANDS) + Int(UOP_MAX_INPUTS) + Int(UOP_MAX_OUTPUTS) + 1

    let library: StencilLibrary
    let encoder = HoleEncoder()
    private let cache: TemplateCache
    private var code = ScratchBuffer<UInt8>(capacity: 1 << 12)
    /// Where in the code the next step begins.
    public private(set) var position = 0
    private var labels = ScratchBuffer<UInt32>(capacity: 256)
    private var fixes = ScratchBuffer<Fix>(capacity: 256)
    var cold = ScratchBuffer<ColdStep>(capacity: 64)
    /// Operands of cold fragments.
    var coldOperands = ScratchBuffer<UInt64>(capacity: 64)
    var addresses = ScratchBuffer<AddressHole>(capacity: 16)
    var constants = ConstantPlaces()
    /// Operands of the step that is written.
    private let words = Words()
    /// Where the cold fragments begin, in code that is finished.
    public private(set) var hotByteCount = 0
    /// What the caller calls the step that is written: for errors, and for who asks for cold fragments.
    public var origin = 0
    private(set) var failure: EmissionError?
    /// Where a step that must not be the last one ends.
    private var requiredEnd = -1
    /// The strictest alignment of all constants, and at least the arena's own and that of loops.
    private let alignment: Int
    /// Whether `times` are taken.
    package var measuresTime = false
    /// What the last `finish` took.
    package private(set) var times = EmissionTimes()

    /// A hole that waits for its label.
    struct Fix: BitwiseCopyable {
        var addend: Int64
        var position: UInt32
        var label: UInt32
        var origin: UInt32
        var kind: UopHoleKind
    }

    /// A hole that waits for the address at which the code will run.
    struct AddressHole: BitwiseCopyable {
        var value: UInt64
        var position: UInt32
        var origin: UInt32
        var kind: UopHoleKind
        /// Whether the value is a place in the code, and not an address.
        var isPlace: Bool
    }

    /// A class: see `ScratchBuffer`.
    @safe
    private final class Words {
        static let count = 3
        let address: UnsafeMutablePointer<UInt64>

        init() {
            unsafe address = .allocate(capacity: Self.count)
            unsafe address.initialize(repeating: 0, count: Self.count)
        }

        deinit { unsafe address.deallocate() }
    }

    /// - Throws: `EmissionError.noMachineCode`.
    public init(_ library: StencilLibrary) throws(EmissionError) {
        guard library.hasMachineCode else { throw .noMachineCode }
        self.library = library
        cache = TemplateCache(library)
        constants = ConstantPlaces(library)
        alignment = max(CodeArena.granule, Self.loopAlignment, constants.alignment)
    }

    /// Forgets what was written.
    public mutating func begin() {
        position = 0
        labels.truncate(to: 0)
        fixes.truncate(to: 0)
        cold.truncate(to: 0)
        coldOperands.truncate(to: 0)
        addresses.truncate(to: 0)
        constants.removeAll()
        failure = nil
        requiredEnd = -1
        origin = 0
    }

    // MARK: Labels

    /// A label that is not bound yet.
    @inline(__always)
    public mutating func makeLabel() -> Int {
        labels.append(Self.unbound)
        return labels.count &- 1
    }

    /// A label that stands for what is written next.
    public mutating func makeLabelHere() -> Int {
        labels.append(UInt32(truncatingIfNeeded: position))
        return labels.count &- 1
    }

    /// Makes a label stand for what is written next.
    public mutating func bind(_ label: Int) { labels[label] = UInt32(truncatingIfNeeded: position) }

    /// As many labels, all unbound, instead of those that there are.
    mutating func makeLabels(_ count: Int) { labels.fill(count, with: Self.unbound) }

    /// Where in the code a label is.
    public func offset(of label: Int) -> Int { Int(labels[label]) }

    // MARK: Steps

    /// Writes a step.
    ///
    /// - Parameters:
    ///   - form: its form (`StencilLibrary`); where an operand does not fit, the wide one behind it is taken.
    ///   - first, second, third: its operand words, as far as it has any.
    ///   - target: the label that it jumps to, if it jumps.
    ///   - exit: the label of its exit, if it exits.
    public mutating func append(
        _ form: Int, _ registers: Step.Registers, _ first: Int = 0, _ second: Int = 0, _ third: Int = 0, target: Int = 0,
        exit: Int = 0
    ) {
        unsafe words.address[0] = UInt64(bitPattern: Int64(first))
        unsafe words.address[1] = UInt64(bitPattern: Int64(second))
        unsafe words.address[2] = UInt64(bitPattern: Int64(third))
        unsafe append(
            form, registers, UnsafeBufferPointer(start: words.address, count: Words.count), target: UInt32(truncatingIfNeeded: target),
            exit: UInt32(truncatingIfNeeded: exit))
    }

    /// The same of any number of operands. Returns the form that was taken, and the number of its template.
    @inline(__always)
    @discardableResult
    mutating func append(
        _ form: Int, _ registers: Step.Registers, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32, exit: UInt32
    ) -> (form: Int, template: Int) {
        var wanted = form
        while let template = unsafe cache.find(wanted, registers) {
            if unsafe append(template, operands, target: target, exit: exit) { return unsafe (wanted, Int(template.pointee.number)) }
            guard unsafe template.pointee.isLimited else { break }
            wanted &+= 1
        }
        return unsafe appendAny(form, registers, operands, target: target, exit: exit)
    }

    /// Returns false, and has written nothing, where a value does not fit.
    @inline(__always)
    private mutating func append(
        _ template: UnsafePointer<PreparedTemplate>, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32, exit: UInt32
    ) -> Bool {
        if position &+ Self.slack > code.capacity { grow(by: 0) }
        let place = unsafe UnsafeMutableRawPointer(code.address + position)
        unsafe place.storeBytes(of: template.pointee.low, as: SIMD16<UInt8>.self)
        if unsafe template.pointee.size > 16 {
            unsafe place.storeBytes(of: template.pointee.high, toByteOffset: 16, as: SIMD16<UInt8>.self)
        }
        let count = unsafe template.pointee.holeCount
        if count > 0 {
            let known = fixes.count
            guard unsafe fill(template.pointee.holes.0, place, operands, target, exit),
                unsafe count < 2 || fill(template.pointee.holes.1, place, operands, target, exit),
                unsafe count < 3 || fill(template.pointee.holes.2, place, operands, target, exit)
            else {
                fixes.truncate(to: known)
                return false
            }
        }
        position &+= unsafe Int(template.pointee.size)
        return true
    }

    @inline(__always)
    private mutating func fill(
        _ hole: PreparedHole, _ place: UnsafeMutableRawPointer, _ operands: UnsafeBufferPointer<UInt64>, _ target: UInt32,
        _ exit: UInt32
    ) -> Bool {
        let field = unsafe place + Int(hole.offset)
        if hole.sort.rawValue >= PreparedHole.Sort.target.rawValue {
            fixes.append(
                Fix(
                    addend: Int64(hole.addend), position: UInt32(truncatingIfNeeded: position &+ Int(hole.offset)),
                    label: hole.sort == .target ? target : exit, origin: UInt32(truncatingIfNeeded: origin), kind: hole.kind))
            return true
        }
        guard Int(hole.operand) < operands.count else { return false }
        let value = unsafe Int64(bitPattern: operands.baseAddress.unsafelyUnwrapped[Int(hole.operand)]) &+ Int64(hole.addend)
        switch hole.sort {
        case .signedByte:
            let byte = Int8(truncatingIfNeeded: value)
            guard Int64(byte) == value else { return false }
            unsafe field.storeBytes(of: byte, as: Int8.self)
        case .signedWord:
            let word = Int32(truncatingIfNeeded: value)
            guard Int64(word) == value else { return false }
            unsafe field.storeBytes(of: word.littleEndian, as: Int32.self)
        case .unsignedWord:
            let word = UInt32(truncatingIfNeeded: value)
            guard Int64(word) == value else { return false }
            unsafe field.storeBytes(of: word.littleEndian, as: UInt32.self)
        case .longWord, .target, .exit: unsafe field.storeBytes(of: value.littleEndian, as: Int64.self)
        }
        return true
    }

    /// Fills up to a multiple of 32 bytes, for the head of a loop, with instructions that do nothing.
    public mutating func align() {
        let end = (position + Self.loopAlignment - 1) & ~(Self.loopAlignment - 1)
        while position < end {
            let size = min(end - position, StencilLibrary.longestPadding)
            append(library.padding(of: size), Step.Registers())
        }
    }

    // MARK: The rest

    /// Makes room for `count` bytes beyond what a prepared template takes.
    @inline(never)
    private mutating func grow(by count: Int) {
        code.reserve(max(2 * code.capacity, position + count + Self.slack), keeping: position)
    }

    mutating func fail(_ error: EmissionError) { if failure == nil { failure = error } }

    /// Writes a step of any kind, and prepares its template for the next time.
    @inline(never)
    private mutating func appendAny(
        _ number: Int, _ registers: Step.Registers, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32, exit: UInt32
    ) -> (form: Int, template: Int) {
        let forms = library.forms
        guard UInt(bitPattern: number) < UInt(bitPattern: forms.count), position <= CodeArena.blockByteLimit else {
            fail(position <= CodeArena.blockByteLimit ? .invalidStep(origin) : .tooLarge)
            return (0, 0)
        }
        var number = number
        if unsafe forms.base[number].isLimited, unsafe !forms.base[number].accepts(operands) { number += 1 }
        let form = unsafe forms.base + number
        let variant = unsafe Int(form.pointee.variants[form.pointee.variant(registers)])
        guard unsafe variant < Int(form.pointee.templateCount), registers.areValid else {
            fail(.invalidStep(origin))
            return (0, 0)
        }
        cache.prepare(variant, of: number, registers)
        let template = unsafe form.pointee.templates + variant
        let size = unsafe Int(template.pointee.hotSize)
        if position + size + Self.slack > code.capacity { grow(by: size) }
        unsafe TemplateSource(form, template.pointee).copy(from: 0, size: size, registers, to: code.address + position)
        let step = unsafe ColdStep(
            template: template, form: form, registers: registers, origin: UInt32(truncatingIfNeeded: origin),
            hotBegin: UInt32(truncatingIfNeeded: position), hotEnd: UInt32(truncatingIfNeeded: position + size), target: target,
            exit: exit, firstOperand: UInt32(truncatingIfNeeded: coldOperands.count), operandCount: UInt32(min(Self.mostOperands, operands.count)))
        let holes = unsafe form.pointee.table.holes + Int(template.pointee.firstHole)
        for index in 0..<Int(unsafe template.pointee.hotHoleCount) {
            unsafe fill(holes[index], at: position, step, operands)
        }
        position += size
        guard unsafe template.pointee.coldSize > 0 else { return (number, variant) }
        for index in 0..<Int(step.operandCount) { coldOperands.append(unsafe operands[index]) }
        cold.append(step)
        return (number, variant)
    }

    /// Fills a hole, or notes it, of a fragment that begins at `start`.
    private mutating func fill(_ hole: UopHole, at start: Int, _ step: ColdStep, _ operands: UnsafeBufferPointer<UInt64>) {
        let place = UInt32(truncatingIfNeeded: start + Int(hole.offset))
        switch hole.target {
        case .operand:
            guard Int(hole.index) < operands.count else { return fail(.invalidStep(Int(step.origin))) }
            unsafe store(operands[Int(hole.index)] &+ UInt64(bitPattern: hole.addend), hole.kind, place, step.origin, isPlace: false)
        case .continuation where hole.index == 0:
            requiredEnd = Int(step.hotEnd)
            storePlace(Int(step.hotEnd), hole, place, step.origin)
        case .continuation, .exit:
            fixes.append(
                Fix(
                    addend: hole.addend, position: place, label: hole.target == .exit ? step.exit : step.target,
                    origin: step.origin, kind: hole.kind))
        case .fragment where hole.index == 0: storePlace(Int(step.hotBegin), hole, place, step.origin)
        // Known when it is written.
        case .fragment: break
        case .constant:
            constants.note(Int(hole.index), unsafe Int(step.form.pointee.set), hole, place, step.origin)
        case .helper:
            let set = unsafe Int(step.form.pointee.set)
            let helpers = unsafe library.sets[set].pointee.helpers.unsafelyUnwrapped
            let address = unsafe UInt64(UInt(bitPattern: unsafeBitCast(helpers[Int(hole.index)].address, to: Int.self)))
            store(address &+ UInt64(bitPattern: hole.addend), hole.kind, place, step.origin, isPlace: false)
        }
    }

    private mutating func storePlace(_ place: Int, _ hole: UopHole, _ position: UInt32, _ origin: UInt32) {
        store(UInt64(bitPattern: Int64(place) &+ hole.addend), hole.kind, position, origin, isPlace: true)
    }

    /// Stores S + A, unless it depends on where the code will run.
    private mutating func store(_ value: UInt64, _ kind: UopHoleKind, _ position: UInt32, _ origin: UInt32, isPlace: Bool) {
        if encoder.isDistance(kind) != isPlace {
            addresses.append(AddressHole(value: value, position: position, origin: origin, kind: kind, isPlace: isPlace))
            return
        }
        do throws(PatchError) {
            unsafe try encoder.fill(kind, value: value, code: code.address, at: Int(position), runAddress: 0)
        } catch { fail(.patch(error, step: Int(origin))) }
    }

    // MARK: The end

    /// Ends the code, and moves it into an arena.
    ///
    /// - Throws: `EmissionError`; the arena is then as before.
    public mutating func finish(into arena: inout CodeArena) throws(EmissionError) -> SealedCode {
        let begin = time()
        if position == requiredEnd { fail(.invalidStep(origin)) }
        hotByteCount = position
        writeCold()
        writeConstants()
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
        if position > CodeArena.blockByteLimit { fail(.tooLarge) }
        if let failure { throw failure }
        let fixed = time()
        let sealed = try moveInto(&arena, begin, fixed)
        return sealed
    }

    private mutating func moveInto(_ arena: inout CodeArena, _ begin: UInt64, _ fixed: UInt64) throws(EmissionError) -> SealedCode {
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
            let value = hole.isPlace ? block.runAddress &+ hole.value : hole.value
            do throws(PatchError) {
                unsafe try encoder.fill(
                    hole.kind, value: value, code: destination, at: Int(hole.position), runAddress: block.runAddress)
            } catch { throw .patch(error, step: Int(hole.origin)) }
        }
    }

    private mutating func writeCold() {
        for index in 0..<cold.count {
            cold[index].begin = UInt32(truncatingIfNeeded: position)
            let step = cold[index]
            let (template, size) = unsafe (step.template.pointee, Int(step.template.pointee.coldSize))
            if position + size + Self.slack > code.capacity { grow(by: size) }
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
                    storePlace(position, hole, UInt32(truncatingIfNeeded: start + Int(hole.offset)), step.origin)
                } else if isCold {
                    unsafe fill(hole, at: start, step, operands)
                }
            }
            position += size
        }
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

    private func time() -> UInt64 { measuresTime ? MonotonicClock.now : 0 }
}

extension CodeStream {
    /// How many steps of the code that was finished last have cold fragments.
    package var coldCount: Int { cold.count }

    /// One of them, by its number in the order of steps: where its hot fragment begins, and its cold one.
    package func coldFragment(_ number: Int) -> (origin: Int, hotBegin: Int, range: Range<Int>) {
        let step = cold[number]
        let begin = Int(step.begin)
        return unsafe (Int(step.origin), Int(step.hotBegin), begin..<begin + Int(step.template.pointee.coldSize))
    }
}

/// A step that has a cold fragment.
@safe
struct ColdStep: BitwiseCopyable {
    let template: UnsafePointer<UopTemplate>
    let form: UnsafePointer<EmissionForm>
    let registers: Step.Registers
    let origin: UInt32
    let hotBegin: UInt32
    let hotEnd: UInt32
    let target: UInt32
    let exit: UInt32
    let firstOperand: UInt32
    let operandCount: UInt32
    /// Where the cold fragment begins, once it is written.
    var begin: UInt32 = 0
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

/// What the end of writing took, in nanoseconds.
package struct EmissionTimes: Sendable, BitwiseCopyable {
    /// Steps, where they are written from a list.
    package var steps: UInt64 = 0
    /// Cold fragments, constants, and holes that waited for what comes later.
    package var fixing: UInt64 = 0
    /// Memory from the arena, and copying.
    package var copying: UInt64 = 0
    package var sealing: UInt64 = 0
}
