import CStencils

/// Writes machine code as its steps are chosen, in one pass: copies templates, fills their holes, and notes what depends on
/// what comes later.
///
/// A step leads to *labels*, which are bound where the code is that they stand for, before or afterwards. Cold
/// fragments, and then constants in the order in which they are needed, go behind all that was written. `finish` fills what was
/// noted, and moves the code into an arena.
///
/// Where branches reach less far than jumps do, islands of jumps may come behind a step: see CodeStream+Islands.swift.
///
/// An error does not interrupt anything: the first one is what `finish` throws. Keep one and use it again: its memory stays,
/// and so do the templates that it has prepared.
public struct CodeStream: ~Copyable {
    /// What is written at once, and may be written behind the end of a fragment.
    static let slack = 2 * PreparedTemplate.largestSize
    /// What the heads of loops are aligned to.
    private static let loopAlignment = 32
    static let unbound = UInt32.max
    /// Operand words that a step has at most: immediates, frame offsets, a literal.
    static let mostOperands = Int(UOP_MAX_OPERANDS) + Int(UOP_MAX_INPUTS) + Int(UOP_MAX_OUTPUTS) + 1

    let library: StencilLibrary
    let encoder = HoleEncoder()
    let cache: TemplateCache
    var code = ScratchBuffer<UInt8>(capacity: 1 << 12)
    /// The last position at which a prepared step can be written, and an island behind it.
    var roomEnd = 0
    /// Where in the code the next step begins.
    public internal(set) var position = 0
    var labels = ScratchBuffer<UInt32>(capacity: 256)
    var fixes = ScratchBuffer<Fix>(capacity: 256)
    var cold = ScratchBuffer<ColdStep>(capacity: 64)
    /// Operands of cold fragments.
    var coldOperands = ScratchBuffer<UInt64>(capacity: 64)
    var addresses = ScratchBuffer<AddressHole>(capacity: 16)
    var constants = ConstantPlaces()
    var slots = Slots()
    var islands: Islands
    /// Operands of the step that is written.
    private let words = Words()
    /// Where the cold fragments begin, in code that is finished.
    public internal(set) var hotByteCount = 0
    /// What the caller calls the step that is written: for errors, and for who asks for cold fragments.
    public var origin = 0
    var failure: EmissionError?
    /// Where a step that must not be the last one ends.
    var requiredEnd = -1
    /// The strictest alignment of all constants, and at least the arena's own and that of loops.
    let alignment: Int
    /// Whether `times` are taken.
    package var measuresTime = false
    /// What the last `finish` took.
    package internal(set) var times = EmissionTimes()

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
        /// The helper to whose address a linker adds the value; then nothing is stored here.
        var helper = HelperNumber.none
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
        islands = Islands(library, encoder)
        alignment = max(CodeArena.granule, Self.loopAlignment, constants.alignment, library.hasBoundaries ? 64 : 0)
        updateRoom()
    }

    /// Registers that hand values on: the integer ones, and the float ones.
    public var registerCounts: (integer: Int, float: Int) { library.registerCounts }

    /// Forgets what was written.
    public mutating func begin() {
        position = 0
        labels.truncate(to: 0)
        fixes.truncate(to: 0)
        cold.truncate(to: 0)
        coldOperands.truncate(to: 0)
        addresses.truncate(to: 0)
        constants.removeAll()
        slots.removeAll()
        islands.removeAll()
        updateRoom()
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
            form, registers, UnsafeBufferPointer(start: words.address, count: Words.count),
            target: UInt32(truncatingIfNeeded: target), exit: UInt32(truncatingIfNeeded: exit))
    }

    /// The same of any number of operands. Returns the form that was taken, and the number of its template.
    @inline(__always)
    @discardableResult
    mutating func append(
        _ form: Int, _ registers: Step.Registers, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32, exit: UInt32
    ) -> (form: Int, template: Int) {
        var wanted = form
        while let template = unsafe cache.find(wanted, registers) {
            if unsafe append(template, of: wanted, operands, target: target, exit: exit) {
                return unsafe (wanted, Int(template.pointee.number))
            }
            guard unsafe template.pointee.isLimited else { break }
            wanted &+= 1
        }
        return unsafe appendAny(form, registers, operands, target: target, exit: exit)
    }

    /// Returns false, and has written nothing, where a value does not fit.
    @inline(__always)
    private mutating func append(
        _ template: UnsafePointer<PreparedTemplate>, of form: Int, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32,
        exit: UInt32
    ) -> Bool {
        let place = unsafe UnsafeMutableRawPointer(code.address + position)
        unsafe place.storeBytes(of: template.pointee.low, as: SIMD16<UInt8>.self)
        if unsafe template.pointee.size > 16 {
            unsafe place.storeBytes(of: template.pointee.high, toByteOffset: 16, as: SIMD16<UInt8>.self)
        }
        let count = unsafe template.pointee.holeCount
        if count > 0 {
            guard count <= PreparedTemplate.mostHoles else {
                return unsafe appendFields(template, of: form, operands, target: target, exit: exit)
            }
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
        if position > roomEnd { makeRoom() }
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
        // No island comes between.
        if position + Self.loopAlignment > roomEnd { makeRoom(Self.loopAlignment) }
        let end = (position + Self.loopAlignment - 1) & ~(Self.loopAlignment - 1)
        while position < end, let padding = library.padding(of: end - position) { append(padding.form, Step.Registers()) }
    }
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
