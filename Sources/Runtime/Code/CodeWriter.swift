import CStencils

/// Why steps could not become machine code.
public enum EmissionError: Error, Equatable, Sendable, CustomStringConvertible {
    case memory(MemoryError)
    /// A value that does not fit its hole, at a step.
    case patch(PatchError, step: Int)
    /// A step that names no form, register, operand or step that exists.
    case invalidStep(Int)
    /// More code than can be addressed.
    case tooLarge
    /// The sets have no machine code for this host.
    case noMachineCode

    public var description: String {
        switch self {
        case .memory(let error): error.description
        case .patch(let error, let step): "step \(step): \(error.description)"
        case .invalidStep(let step): "step \(step) refers to a form, register, operand or step that does not exist"
        case .tooLarge: "the code would be larger than \(CodeArena.blockByteLimit) bytes"
        case .noMachineCode: "the stencil sets have no machine code for this host"
        }
    }
}

/// Copies templates, makes them right for their registers, and fills their holes: first sizes, then bytes.
///
/// Keep one and use it again: its scratch memory stays.
public struct CodeWriter: ~Copyable {
    /// Copies go by this many bytes: they may read behind a fragment (tables are made of as large chunks) and
    /// write behind it (the next fragment overwrites that, and blocks get as much slack).
    private static let chunk = Int(UOP_CHUNK)
    /// What the heads of loops are aligned to.
    private static let loopAlignment = 32

    private let library: StencilLibrary
    private let encoder = HoleEncoder()
    private let nearHoles = NearHoles.Memory()
    private var layout = StepLayout()
    /// By set, then constant: where it is in the code, or nil where it is not used yet.
    private var constantOffsets: [[Int?]]
    /// The strictest of all constants', and at least the arena's own and that of loops.
    private let alignment: Int
    /// Bytes that all constants take at most.
    private let constantSpace: Int
    /// Whether `times` are taken.
    package var measuresTime = false
    /// What the parts of the last `write` took.
    package private(set) var times = EmissionTimes()

    public init(_ library: StencilLibrary) throws(EmissionError) {
        guard library.hasMachineCode else { throw .noMachineCode }
        self.library = library
        constantOffsets = unsafe library.tables.map { unsafe Array(repeating: nil, count: Int($0.pointee.constantCount)) }
        var alignment = max(CodeArena.granule, Self.loopAlignment)
        var space = 0
        for unsafe table in unsafe library.tables {
            for index in 0..<Int(unsafe table.pointee.constantCount) {
                let constant = unsafe table.pointee.constants[index]
                alignment = max(alignment, Int(constant.alignment))
                space += Int(constant.size) + Int(constant.alignment)
            }
        }
        constantSpace = space
        self.alignment = alignment
    }

    /// Where a step of the code that was written last begins; for the number of steps, where the hot
    /// fragments end.
    public func offset(of step: Int) -> Int { layout.offset(of: step) }

    /// The same of many steps at once.
    @unsafe
    package func writeOffsets(of steps: UnsafeBufferPointer<UInt32>, to offsets: UnsafeMutablePointer<UInt32>) {
        for index in 0..<steps.count {
            unsafe offsets[index] = UInt32(truncatingIfNeeded: layout.offset(of: Int(steps[index])))
        }
    }

    /// Where a step of the code that was written last is, and what it was copied from.
    package func code(of step: Int) -> StepCode {
        let row = layout.row(of: step)
        let hot = layout.offset(of: step)..<layout.offset(of: step + 1)
        guard unsafe row.template != library.forms.nothing else { return StepCode(hot: hot, cold: 0..<0, form: nil, template: 0) }
        let cold = Int(row.cold)
        return unsafe StepCode(
            hot: hot, cold: cold..<cold + Int(row.template.pointee.coldSize), form: row.form - UnsafePointer(library.forms.base),
            template: row.template - row.form.pointee.templates)
    }

    /// Writes the code of `steps` into `arena`: the hot fragments in order, the cold ones, the constants.
    ///
    /// - Throws: `EmissionError`; the arena is then as before.
    public mutating func write(
        _ steps: [Step], operands: [UInt64], into arena: inout CodeArena
    ) throws(EmissionError) -> SealedCode {
        var code: SealedCode?
        try unsafe steps.withUnsafeBufferPointer { (steps) throws(EmissionError) in
            try unsafe operands.withUnsafeBufferPointer { (operands) throws(EmissionError) in
                code = try unsafe write(steps, operands: operands, into: &arena)
            }
        }
        guard let sealed = code.take() else { throw .noMachineCode }
        return sealed
    }

    /// The same of memory that the caller keeps as it is meanwhile.
    @unsafe
    public mutating func write(
        _ steps: UnsafeBufferPointer<Step>, operands: UnsafeBufferPointer<UInt64>, into arena: inout CodeArena
    ) throws(EmissionError) -> SealedCode {
        let begin = time()
        let size = try unsafe measure(steps, operands) + Self.chunk
        let measured = time()
        var block: CodeBlock
        do throws(MemoryError) { block = try arena.allocate(byteCount: size, alignment: alignment) } catch { throw .memory(error) }
        let allocated = time()
        let used: Int
        do throws(EmissionError) {
            used = try unsafe fill(&block, steps, operands)
        } catch {
            do throws(MemoryError) { try arena.free(block) } catch { throw .memory(error) }
            throw error
        }
        let filled = time()
        let code: SealedCode
        do throws(MemoryError) { code = try arena.seal(block, byteCount: used) } catch { throw .memory(error) }
        times = EmissionTimes(
            sizes: measured - begin, memory: allocated - measured, bytes: filled - allocated, sealing: time() - filled)
        return code
    }

    private func time() -> UInt64 { measuresTime ? MonotonicClock.now : 0 }

    // MARK: First pass

    /// Chooses templates and lays out the hot fragments; returns how many bytes are enough for all.
    private mutating func measure(
        _ steps: UnsafeBufferPointer<Step>, _ operands: UnsafeBufferPointer<UInt64>
    ) throws(EmissionError) -> Int {
        layout.begin(capacity: steps.count)
        let forms = library.forms
        var hot = 0
        var rest = Self.chunk + constantSpace
        for index in 0..<steps.count {
            let step = unsafe steps[index]
            if step.form == Step.alignment {
                unsafe layout.append(offset: hot, template: forms.nothing, form: forms.base)
                hot = (hot + Self.loopAlignment - 1) & ~(Self.loopAlignment - 1)
                continue
            }
            guard Int(step.form) < forms.count, Int(step.firstOperand) <= operands.count else {
                throw .invalidStep(index)
            }
            var form = unsafe forms.base + Int(step.form)
            if unsafe form.pointee.isLimited, unsafe !accepts(form, operands, Int(step.firstOperand)) { unsafe form += 1 }
            let variant = unsafe Int(form.pointee.variants[form.pointee.variant(step.registers)])
            guard unsafe variant < Int(form.pointee.templateCount) else { throw .invalidStep(index) }
            let template = unsafe form.pointee.templates + variant
            unsafe layout.append(offset: hot, template: template, form: form)
            hot += Int(unsafe template.pointee.hotSize)
            rest += Int(unsafe template.pointee.coldSize)
            guard hot + rest <= CodeArena.blockByteLimit else { throw .tooLarge }
        }
        layout.end(offset: hot)
        return hot + rest
    }

    private func accepts(
        _ form: UnsafePointer<EmissionForm>, _ operands: UnsafeBufferPointer<UInt64>, _ first: Int
    ) -> Bool {
        guard first < operands.count, unsafe form.pointee.limits.0.contains(Int64(bitPattern: operands[first])) else {
            return false
        }
        return unsafe first + 1 >= operands.count
            || form.pointee.limits.1.contains(Int64(bitPattern: operands[first + 1]))
    }

    // MARK: Second pass

    /// What is being written.
    @safe
    private struct Destination {
        let code: UnsafeMutableRawPointer
        let runAddress: UInt64
        let hotEnd: Int
        /// The first free byte behind the fragments so far.
        var end: Int
    }

    private mutating func fill(
        _ block: inout CodeBlock, _ steps: UnsafeBufferPointer<Step>, _ operands: UnsafeBufferPointer<UInt64>
    ) throws(EmissionError) -> Int {
        let code: UnsafeMutableRawPointer
        do throws(MemoryError) { unsafe code = try block.beginWrite() } catch { throw .memory(error) }
        defer { block.endWrite() }
        for set in constantOffsets.indices {
            for index in constantOffsets[set].indices { constantOffsets[set][index] = nil }
        }
        let hotEnd = layout.offset(of: steps.count)
        var destination = unsafe Destination(code: code, runAddress: block.runAddress, hotEnd: hotEnd, end: hotEnd)
        let near = unsafe nearHoles.address
        unsafe near.initialize(
            to: NearHoles(code: code, rows: layout.rows, steps: steps, operands: operands, encoder))
        for index in 0..<steps.count {
            let step = unsafe steps[index]
            let row = layout.row(of: index)
            if step.form == Step.alignment {
                pad(from: Int(row.offset), to: layout.offset(of: index + 1), destination)
                continue
            }
            let template = unsafe row.template.pointee
            let place = StepPlace(index: index, step: step, hot: Int(row.offset), cold: destination.end)
            let source = unsafe Source(row.form, template)
            unsafe source.copy(size: Int(template.hotSize), step.registers, to: code + place.hot, room: hotEnd - place.hot)
            let holes = unsafe row.form.pointee.table.holes + Int(template.firstHole)
            if template.coldSize > 0 {
                unsafe source.copyCold(template, step.registers, to: code + place.cold)
                destination.end += Int(template.coldSize)
                layout.setCold(place.cold, of: index)
                try unsafe patch(
                    holes + Int(template.hotHoleCount), template.coldHoleCount, at: place.cold, place, row.form, near,
                    operands, &destination)
            }
            try unsafe patch(
                holes, template.hotHoleCount, at: place.hot, place, row.form, near, operands, &destination)
        }
        return destination.end
    }

    /// Instructions that do nothing, from the tables.
    private func pad(from start: Int, to end: Int, _ destination: Destination) {
        var position = start
        while position < end {
            let size = min(end - position, StencilLibrary.longestPadding)
            let form = unsafe library.forms.base + library.padding(of: size)
            let source = unsafe Source(form, form.pointee.templates.pointee)
            unsafe source.copy(size: size, Step.Registers(), to: destination.code + position, room: destination.hotEnd - position)
            position += size
        }
    }

    /// Where a step's fragments are.
    private struct StepPlace {
        let index: Int
        let step: Step
        let hot: Int
        let cold: Int
    }

    /// A template's bytes, and the masks that make them right.
    @safe
    private struct Source {
        private let chunks: UnsafeRawPointer
        private let rows: UnsafePointer<UInt16>
        private let masks: UnsafeRawPointer
        private let axisCount: Int

        @inline(__always)
        init(_ form: UnsafePointer<EmissionForm>, _ template: UopTemplate) {
            let table = unsafe form.pointee.table
            unsafe chunks = table.chunks + Int(template.chunk) &* CodeWriter.chunk
            unsafe rows = table.maskRows + Int(template.masks)
            unsafe masks = table.masks
            axisCount = unsafe Int(form.pointee.axisCount)
        }

        /// Copies the hot fragment, and writes up to a chunk behind it, but not beyond `room` bytes: what is there is
        /// written already.
        @inline(__always)
        func copy(size: Int, _ registers: Step.Registers, to destination: UnsafeMutableRawPointer, room: Int) {
            unsafe copy(from: 0, size: size, registers, to: destination, room: room)
        }

        /// The same for the cold fragment, behind which there is room.
        @inline(never)
        func copyCold(_ template: UopTemplate, _ registers: Step.Registers, to destination: UnsafeMutableRawPointer) {
            let first = (Int(template.hotSize) + CodeWriter.chunk - 1) / CodeWriter.chunk
            unsafe copy(from: first, size: Int(template.coldSize), registers, to: destination, room: .max)
        }

        @inline(__always)
        private func copy(
            from first: Int, size: Int, _ registers: Step.Registers, to destination: UnsafeMutableRawPointer, room: Int
        ) {
            var offset = 0
            var chunk = first
            while offset < size {
                var bytes = unsafe chunks.loadUnaligned(fromByteOffset: chunk &* CodeWriter.chunk, as: SIMD16<UInt8>.self)
                if axisCount > 0 {
                    let row = unsafe rows + chunk &* axisCount
                    bytes ^= unsafe mask(row[0], registers.first)
                    if axisCount > 1 { bytes ^= unsafe mask(row[1], registers.second) }
                    if axisCount > 2 { bytes ^= unsafe mask(row[2], registers.third) }
                }
                if offset &+ CodeWriter.chunk <= room {
                    unsafe destination.storeBytes(of: bytes, toByteOffset: offset, as: SIMD16<UInt8>.self)
                } else {
                    for index in 0..<min(CodeWriter.chunk, size - offset) {
                        unsafe destination.storeBytes(of: bytes[index], toByteOffset: offset + index, as: UInt8.self)
                    }
                }
                offset &+= CodeWriter.chunk
                chunk &+= 1
            }
        }

        @inline(__always)
        private func mask(_ row: UInt16, _ register: UInt8) -> SIMD16<UInt8> {
            unsafe masks.loadUnaligned(
                fromByteOffset: (Int(row) &+ Int(register)) &* CodeWriter.chunk, as: SIMD16<UInt8>.self)
        }
    }

    /// Fills the holes of a fragment that begins at `start`.
    @inline(__always)
    private mutating func patch(
        _ holes: UnsafePointer<UopHole>, _ count: UInt8, at start: Int, _ place: StepPlace,
        _ form: UnsafePointer<EmissionForm>, _ near: UnsafePointer<NearHoles>, _ operands: UnsafeBufferPointer<UInt64>,
        _ destination: inout Destination
    ) throws(EmissionError) {
        var number = 0
        while number < Int(count) {
            number = unsafe NearHoles.fill(near, holes, from: number, count: Int(count), at: start, step: place.index)
            if number < Int(count) {
                try unsafe patch(holes[number], at: start, place, form, operands, &destination)
                number += 1
            }
        }
    }

    /// Fills a hole of any kind.
    @inline(never)
    private mutating func patch(
        _ hole: UopHole, at start: Int, _ place: StepPlace, _ form: UnsafePointer<EmissionForm>,
        _ operands: UnsafeBufferPointer<UInt64>, _ destination: inout Destination
    ) throws(EmissionError) {
        let value: UInt64
        if hole.target == .operand {
            let index = Int(place.step.firstOperand) + Int(hole.index)
            guard index < operands.count else { throw .invalidStep(place.index) }
            value = unsafe operands[index]
        } else {
            value = try unsafe address(of: hole, place, form, &destination)
        }
        do throws(PatchError) {
            unsafe try encoder.fill(
                hole.kind, value: value &+ UInt64(bitPattern: hole.addend), code: destination.code,
                at: start + Int(hole.offset), runAddress: destination.runAddress)
        } catch { throw .patch(error, step: place.index) }
    }

    /// What fills a hole that is no operand.
    private mutating func address(
        of hole: UopHole, _ place: StepPlace, _ form: UnsafePointer<EmissionForm>, _ destination: inout Destination
    ) throws(EmissionError) -> UInt64 {
        let offset: Int
        switch hole.target {
        case .continuation, .exit:
            guard let next = place.step.destination(of: hole, from: place.index), next < layout.count else {
                throw .invalidStep(place.index)
            }
            offset = layout.offset(of: next)
        case .fragment: offset = hole.index == 0 ? place.hot : place.cold
        case .constant: offset = unsafe constant(Int(hole.index), Int(form.pointee.set), &destination)
        case .helper, .operand:
            let helpers = unsafe library.sets[Int(form.pointee.set)].pointee.helpers.unsafelyUnwrapped
            return unsafe UInt64(UInt(bitPattern: unsafeBitCast(helpers[Int(hole.index)].address, to: Int.self)))
        }
        return destination.runAddress &+ UInt64(offset)
    }

    /// Where a constant is in the code: it is placed when it is first used.
    private mutating func constant(_ index: Int, _ set: Int, _ destination: inout Destination) -> Int {
        if let offset = constantOffsets[set][index] { return offset }
        let table = unsafe library.tables[set]
        let constant = unsafe table.pointee.constants[index]
        let alignment = Int(constant.alignment)
        let offset = (destination.end + alignment - 1) & ~(alignment - 1)
        unsafe (destination.code + offset).copyMemory(
            from: table.pointee.constantBytes + Int(constant.offset), byteCount: Int(constant.size))
        destination.end = offset + Int(constant.size)
        constantOffsets[set][index] = offset
        return offset
    }
}

/// What the parts of writing took, in nanoseconds.
package struct EmissionTimes: Sendable, BitwiseCopyable {
    /// Choosing templates, and where they go.
    package var sizes: UInt64 = 0
    /// Memory from the arena.
    package var memory: UInt64 = 0
    /// Copying and patching.
    package var bytes: UInt64 = 0
    package var sealing: UInt64 = 0
}

/// Where a step's code is, and what it was copied from: for dumps.
package struct StepCode: Sendable {
    package var hot: Range<Int>
    /// Empty where the template has no cold fragment.
    package var cold: Range<Int>
    /// The step's form, or the wide one behind it; nil for an alignment.
    package var form: Int?
    /// The place of the template among those of the form.
    package var template: Int
}
