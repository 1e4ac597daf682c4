import CStencils

/// A hole of a prepared template.
struct PreparedHole: BitwiseCopyable {
    enum Sort: UInt8, BitwiseCopyable {
        /// An operand: as a signed byte, a signed or unsigned word of 32 bits, or a word of 64.
        case signedByte, signedWord, unsignedWord, longWord
        /// The distance to the step that is jumped to, or to that of the exit, as a signed word of 32 bits.
        case target, exit
    }

    var addend: Int32 = 0
    /// From the beginning of the fragment.
    var offset: UInt8 = 0
    /// Which operand.
    var operand: UInt8 = 0
    var sort = Sort.signedByte
    var kind = UopHoleKind.absolute64
}

/// A short template in one assignment of registers, with all masks applied: what most steps are copied from.
struct PreparedTemplate: BitwiseCopyable {
    static let largestSize = 32
    static let mostHoles: UInt8 = 3
    /// The count of holes of any kind and number, which are those of the table: no whole words, or too many. (`CodeStream.appendFields`)
    static let holesOfTable = UInt8.max

    enum State: UInt8, BitwiseCopyable {
        /// Not looked at yet. All of it is 0 then.
        case unknown
        case prepared
        /// Has a cold fragment, or is otherwise not of this kind.
        case other
    }

    var low = SIMD16<UInt8>()
    var high = SIMD16<UInt8>()
    var holes = (PreparedHole(), PreparedHole(), PreparedHole())
    var state = State.unknown
    var size: UInt8 = 0
    var holeCount: UInt8 = 0
    /// The place of the template among those of the form.
    var number: UInt8 = 0
    /// Whether the form behind it takes what this one does not.
    var isLimited = false
}

/// Prepared templates, by form and registers. They are prepared when they are wanted for the first time.
@safe
final class TemplateCache {
    @safe
    private struct Slot: BitwiseCopyable {
        var templates: UnsafeMutablePointer<PreparedTemplate>?
        var count: UInt
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let formCount: Int
    private let library: StencilLibrary

    init(_ library: StencilLibrary) {
        self.library = library
        formCount = library.forms.count
        unsafe slots = .allocate(capacity: max(1, formCount))
        unsafe slots.initialize(repeating: Slot(templates: nil, count: 0), count: formCount)
    }

    deinit {
        for index in 0..<formCount { unsafe slots[index].templates?.deallocate() }
        unsafe slots.deallocate()
    }

    /// The template of a form with registers, if it is prepared.
    @inline(__always)
    func find(_ form: Int, _ registers: Step.Registers) -> UnsafePointer<PreparedTemplate>? {
        guard UInt(bitPattern: form) < UInt(bitPattern: formCount) else { return nil }
        let slot = unsafe slots[form]
        let index = Self.index(registers)
        guard UInt(bitPattern: index) < slot.count, let templates = unsafe slot.templates else { return nil }
        let template = unsafe templates + index
        guard unsafe template.pointee.state == .prepared else { return nil }
        return unsafe UnsafePointer(template)
    }

    /// A number for registers that does not depend on how many there are: those that are not there are 0.
    @inline(__always)
    private static func index(_ registers: Step.Registers) -> Int {
        let size = Int(UOP_AXIS_SIZE)
        return Int(registers.first) &+ size &* (Int(registers.second) &+ size &* Int(registers.third))
    }

    /// Prepares a template, if it is of this kind and was not looked at yet.
    ///
    /// - Parameters:
    ///   - form: the number of a form that there is.
    ///   - number: the template's, among those of the form.
    ///   - registers: valid ones.
    func prepare(_ number: Int, of form: Int, _ registers: Step.Registers) {
        let description = unsafe library.forms.base + form
        if unsafe slots[form].templates == nil {
            let count = unsafe (0..<Int(description.pointee.axisCount)).reduce(1) { count, _ in count * Int(UOP_AXIS_SIZE) }
            let templates = UnsafeMutablePointer<PreparedTemplate>.allocate(capacity: count)
            unsafe templates.initialize(repeating: PreparedTemplate(), count: count)
            unsafe slots[form] = Slot(templates: templates, count: UInt(count))
        }
        let index = Self.index(registers)
        guard unsafe UInt(index) < slots[form].count, let templates = unsafe slots[form].templates,
            unsafe templates[index].state == .unknown
        else { return }
        unsafe templates[index] = prepared(description, number, registers) ?? PreparedTemplate(state: .other)
    }

    private func prepared(
        _ form: UnsafePointer<EmissionForm>, _ number: Int, _ registers: Step.Registers
    ) -> PreparedTemplate? {
        let template = unsafe form.pointee.templates[number]
        let (size, holeCount) = (Int(template.hotSize), Int(template.hotHoleCount))
        guard template.coldSize == 0, size <= PreparedTemplate.largestSize else { return nil }
        var result = PreparedTemplate()
        let source = unsafe TemplateSource(form, template)
        if size > 0 { result.low = source.chunk(0, registers) }
        if size > Int(UOP_CHUNK) { result.high = source.chunk(1, registers) }
        result.holeCount = UInt8(min(holeCount, Int(PreparedTemplate.mostHoles)))
        for index in 0..<holeCount {
            let hole = unsafe form.pointee.table.holes[Int(template.firstHole) + index]
            guard index < Int(PreparedTemplate.mostHoles), let word = Self.prepared(hole) else {
                guard unsafe Self.canFillFields(form.pointee.table.holes + Int(template.firstHole), holeCount) else { return nil }
                result.holeCount = PreparedTemplate.holesOfTable
                break
            }
            switch index {
            case 0: result.holes.0 = word
            case 1: result.holes.1 = word
            default: result.holes.2 = word
            }
        }
        result.state = .prepared
        result.size = UInt8(size)
        result.number = UInt8(truncatingIfNeeded: number)
        result.isLimited = unsafe form.pointee.isLimited
        return result
    }

    /// Whether all holes are operands, as they are, and ways on: what `CodeStream.appendFields` knows.
    private static func canFillFields(_ holes: UnsafePointer<UopHole>, _ count: Int) -> Bool {
        (0..<count).allSatisfy { index in
            let hole = unsafe holes[index]
            let field = unsafe uop_hole_fields()[Int(hole.kind.rawValue)]
            guard field.boundary == 0 else { return false }
            switch hole.target {
            case .operand, .operandHigh: return field.base == .nothing
            case .continuation, .exit: return field.base == .place
            default: return false
            }
        }
    }

    private static func prepared(_ hole: UopHole) -> PreparedHole? {
        guard let addend = Int32(exactly: hole.addend), let offset = UInt8(exactly: hole.offset) else { return nil }
        let field = unsafe uop_hole_fields()[Int(hole.kind.rawValue)]
        guard field.isWord, field.base != .page else { return nil }
        let isDistance = field.base == .place
        let sort: PreparedHole.Sort
        switch (hole.target, field.size, field.signedness) {
        case (.operand, 1, .signed) where !isDistance: sort = .signedByte
        case (.operand, 4, .signed) where !isDistance: sort = .signedWord
        case (.operand, 4, .unsigned) where !isDistance: sort = .unsignedWord
        case (.operand, 8, .any) where !isDistance: sort = .longWord
        case (.continuation, 4, .signed) where isDistance && hole.index == 1: sort = .target
        case (.exit, 4, .signed) where isDistance: sort = .exit
        default: return nil
        }
        guard let operand = UInt8(exactly: hole.index) else { return nil }
        return PreparedHole(addend: addend, offset: offset, operand: operand, sort: sort, kind: hole.kind)
    }
}

/// A template's bytes, and the masks that make them right for registers.
@safe
struct TemplateSource {
    private static let chunkSize = Int(UOP_CHUNK)

    private let chunks: UnsafeRawPointer
    private let rows: UnsafePointer<UInt16>
    private let masks: UnsafeRawPointer
    private let axisCount: Int

    init(_ form: UnsafePointer<EmissionForm>, _ template: UopTemplate) {
        let table = unsafe form.pointee.table
        unsafe chunks = table.chunks + Int(template.chunk) &* Self.chunkSize
        unsafe rows = table.maskRows + Int(template.masks)
        unsafe masks = table.masks
        axisCount = unsafe Int(form.pointee.axisCount)
    }

    /// One chunk of the code: first those of the hot fragment, then those of the cold one.
    func chunk(_ number: Int, _ registers: Step.Registers) -> SIMD16<UInt8> {
        var bytes = unsafe chunks.loadUnaligned(fromByteOffset: number &* Self.chunkSize, as: SIMD16<UInt8>.self)
        guard axisCount > 0 else { return bytes }
        let row = unsafe rows + number &* axisCount
        bytes ^= unsafe mask(row[0], registers.first)
        if axisCount > 1 { bytes ^= unsafe mask(row[1], registers.second) }
        if axisCount > 2 { bytes ^= unsafe mask(row[2], registers.third) }
        return bytes
    }

    private func mask(_ row: UInt16, _ register: UInt8) -> SIMD16<UInt8> {
        unsafe masks.loadUnaligned(fromByteOffset: (Int(row) &+ Int(register)) &* Self.chunkSize, as: SIMD16<UInt8>.self)
    }

    /// Copies whole chunks: writes up to a chunk behind `size`.
    func copy(from first: Int, size: Int, _ registers: Step.Registers, to destination: UnsafeMutableRawPointer) {
        var offset = 0
        while offset < size {
            let bytes = chunk(first &+ offset / Self.chunkSize, registers)
            unsafe destination.storeBytes(of: bytes, toByteOffset: offset, as: SIMD16<UInt8>.self)
            offset &+= Self.chunkSize
        }
    }
}
