import CStencils

/// Why steps could not become machine code.
public enum EmissionError: Error, Equatable, Sendable, CustomStringConvertible {
    case memory(MemoryError)
    /// A value that does not fit its hole, at a step.
    case patch(PatchError, step: Int)
    /// A step that names no uop, operand or step that exists.
    case invalidStep(Int)
    /// More code than can be addressed.
    case tooLarge
    /// The sets have no machine code for this host.
    case noMachineCode

    public var description: String {
        switch self {
        case .memory(let error): error.description
        case .patch(let error, let step): "step \(step): \(error.description)"
        case .invalidStep(let step): "step \(step) refers to a uop, operand or step that does not exist"
        case .tooLarge: "the code would be larger than \(CodeArena.blockByteLimit) bytes"
        case .noMachineCode: "the stencil sets have no machine code for this host"
        }
    }
}

/// Copies stencils and fills their holes: first sizes, then bytes.
///
/// Keep one and use it again: its scratch memory stays.
public struct CodeWriter: ~Copyable {
    /// Copies go by this many bytes: they may read behind a fragment (tables end in as much slack) and
    /// write behind it (the next fragment overwrites that, and blocks get as much slack).
    private static let copyStride = 16

    private let library: StencilLibrary
    private let encoder = HoleEncoder()
    /// Where each step's hot fragment begins, and where the last one ends.
    public private(set) var offsets: [UInt32] = []
    /// Whether the step takes the wide form.
    private var isWide: [Bool] = []
    /// By set, then constant: where it is in the code, or nil where it is not used yet.
    private var constantOffsets: [[Int?]]
    /// The strictest of all constants', and at least the arena's own.
    private let alignment: Int

    public init(_ library: StencilLibrary) throws(EmissionError) {
        guard library.hasMachineCode else { throw .noMachineCode }
        self.library = library
        constantOffsets = unsafe library.sets.map { set in
            unsafe Array(repeating: nil, count: Int(set.pointee.table?.pointee.constantCount ?? 0))
        }
        var alignment = CodeArena.granule
        for unsafe set in unsafe library.sets {
            guard let table = unsafe set.pointee.table else { continue }
            for index in 0..<Int(unsafe table.pointee.constantCount) {
                alignment = max(alignment, Int(unsafe table.pointee.constants[index].alignment))
            }
        }
        self.alignment = alignment
    }

    /// Writes the code of `steps` into `arena`: the hot fragments in order, the cold ones, the
    /// constants. `offsets` tells where each step is afterwards.
    ///
    /// - Throws: `EmissionError`; the arena is then as before.
    public mutating func write(
        _ steps: [Step], operands: [UInt64], into arena: inout CodeArena
    ) throws(EmissionError) -> SealedCode {
        // Pointers for both passes: an array's checks for each element would be a third of the time.
        let size = try unsafe steps.withUnsafeBufferPointer { (steps) throws(EmissionError) in
            try unsafe operands.withUnsafeBufferPointer { (operands) throws(EmissionError) in
                try unsafe measure(steps, operands)
            }
        }
        var block: CodeBlock
        do throws(MemoryError) { block = try arena.allocate(byteCount: size, alignment: alignment) } catch { throw .memory(error) }
        let used: Int
        do throws(EmissionError) {
            used = try unsafe steps.withUnsafeBufferPointer { (steps) throws(EmissionError) in
                try unsafe operands.withUnsafeBufferPointer { (operands) throws(EmissionError) in
                    try unsafe fill(&block, steps, operands)
                }
            }
        } catch {
            do throws(MemoryError) { try arena.free(block) } catch { throw .memory(error) }
            throw error
        }
        do throws(MemoryError) {
            return try arena.seal(block, byteCount: used)
        } catch { throw .memory(error) }
    }

    // MARK: First pass

    /// Chooses forms and lays out the hot fragments; returns how many bytes are enough for all.
    private mutating func measure(
        _ steps: UnsafeBufferPointer<Step>, _ operands: UnsafeBufferPointer<UInt64>
    ) throws(EmissionError) -> Int {
        offsets.removeAll(keepingCapacity: true)
        isWide.removeAll(keepingCapacity: true)
        offsets.reserveCapacity(steps.count + 1)
        isWide.reserveCapacity(steps.count)
        var hot = 0
        var rest = Self.copyStride
        let codes = library.codes
        for index in 0..<steps.count {
            let step = unsafe steps[index]
            guard Int(step.code) < codes.count, Int(step.firstOperand) <= operands.count else {
                throw .invalidStep(index)
            }
            let code = codes[Int(step.code)]
            let wide = unsafe code.wide != nil && !accepts(code, operands, Int(step.firstOperand))
            let stencil = wide ? unsafe code.wide.unsafelyUnwrapped : unsafe code.narrow
            offsets.append(UInt32(truncatingIfNeeded: hot))
            isWide.append(wide)
            hot += Int(unsafe stencil.pointee.hot.size)
            rest += Int(unsafe stencil.pointee.cold.size)
            guard hot + rest <= CodeArena.blockByteLimit else { throw .tooLarge }
        }
        offsets.append(UInt32(truncatingIfNeeded: hot))
        for unsafe set in unsafe library.sets {
            guard let table = unsafe set.pointee.table else { continue }
            for index in 0..<Int(unsafe table.pointee.constantCount) {
                let constant = unsafe table.pointee.constants[index]
                rest += Int(constant.size) + Int(constant.alignment)
            }
        }
        return hot + rest
    }

    private func accepts(_ code: StencilLibrary.UopCode, _ operands: UnsafeBufferPointer<UInt64>, _ first: Int) -> Bool {
        guard first + 1 < operands.count else {
            return first < operands.count && code.limits.0.contains(Int64(bitPattern: unsafe operands[first]))
        }
        return code.limits.0.contains(Int64(bitPattern: unsafe operands[first]))
            && code.limits.1.contains(Int64(bitPattern: unsafe operands[first + 1]))
    }

    // MARK: Second pass

    /// What is being written.
    @safe
    private struct Destination {
        let code: UnsafeMutableRawPointer
        let runAddress: UInt64
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
        var destination = unsafe Destination(code: code, runAddress: block.runAddress, end: Int(offsets[steps.count]))
        let codes = library.codes
        // All hot fragments first: copying a fragment may write behind it.
        for index in 0..<steps.count {
            let source = codes[Int(unsafe steps[index].code)]
            let stencil = isWide[index] ? unsafe source.wide.unsafelyUnwrapped : unsafe source.narrow
            unsafe copy(stencil.pointee.hot, of: source, to: code + Int(offsets[index]))
        }
        for index in 0..<steps.count {
            let step = unsafe steps[index]
            let source = codes[Int(step.code)]
            let stencil = isWide[index] ? unsafe source.wide.unsafelyUnwrapped : unsafe source.narrow
            let place = StepPlace(index: index, step: step, hot: Int(offsets[index]), cold: destination.end)
            let coldSize = Int(unsafe stencil.pointee.cold.size)
            if coldSize > 0 {
                unsafe copy(stencil.pointee.cold, of: source, to: code + place.cold)
                destination.end += coldSize
            }
            try unsafe patch(stencil.pointee.hot, at: place.hot, place, source, operands, &destination, steps.count)
            if coldSize > 0 {
                try unsafe patch(stencil.pointee.cold, at: place.cold, place, source, operands, &destination, steps.count)
            }
        }
        return destination.end
    }

    /// Where a step's fragments are.
    private struct StepPlace {
        let index: Int
        let step: Step
        let hot: Int
        let cold: Int
    }

    @inline(__always)
    private func copy(_ fragment: UopFragment, of code: StencilLibrary.UopCode, to destination: UnsafeMutableRawPointer) {
        let source = unsafe UnsafeRawPointer(code.table.pointee.code + Int(fragment.code))
        var offset = 0
        while offset < Int(fragment.size) {
            let bytes = unsafe source.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
            unsafe destination.storeBytes(of: bytes, toByteOffset: offset, as: SIMD16<UInt8>.self)
            offset += Self.copyStride
        }
    }

    @inline(__always)
    private mutating func patch(
        _ fragment: UopFragment, at start: Int, _ place: StepPlace, _ source: StencilLibrary.UopCode,
        _ operands: UnsafeBufferPointer<UInt64>, _ destination: inout Destination, _ stepCount: Int
    ) throws(EmissionError) {
        let table = unsafe source.table
        for number in Int(fragment.firstHole)..<Int(fragment.firstHole + fragment.holeCount) {
            let hole = unsafe table.pointee.holes[number]
            let value: UInt64
            switch hole.target {
            case .operand:
                let index = Int(place.step.firstOperand) + Int(hole.index)
                guard index < operands.count else { throw .invalidStep(place.index) }
                value = unsafe operands[index]
            case .continuation:
                let next = hole.index == 0 ? place.index + 1 : Int(place.step.target)
                guard next < offsets.count else { throw .invalidStep(place.index) }
                value = destination.runAddress &+ UInt64(offsets[next])
            case .exit:
                guard Int(place.step.exit) < stepCount else { throw .invalidStep(place.index) }
                value = destination.runAddress &+ UInt64(offsets[Int(place.step.exit)])
            case .fragment:
                value = destination.runAddress &+ UInt64(hole.index == 0 ? place.hot : place.cold)
            case .helper:
                value = unsafe UInt64(UInt(bitPattern: unsafeBitCast(
                    source.helpers.unsafelyUnwrapped[Int(hole.index)].address, to: Int.self)))
            case .constant:
                value = destination.runAddress &+ UInt64(constant(Int(hole.index), source, &destination))
            }
            do throws(PatchError) {
                try unsafe encoder.fill(
                    hole.kind, value: value &+ UInt64(bitPattern: hole.addend), code: destination.code,
                    at: start + Int(hole.offset), runAddress: destination.runAddress)
            } catch { throw .patch(error, step: place.index) }
        }
    }

    /// Where a constant is in the code: it is placed when it is first used.
    private mutating func constant(
        _ index: Int, _ source: StencilLibrary.UopCode, _ destination: inout Destination
    ) -> Int {
        if let offset = constantOffsets[source.set][index] { return offset }
        let constant = unsafe source.table.pointee.constants[index]
        let alignment = Int(constant.alignment)
        let offset = (destination.end + alignment - 1) & ~(alignment - 1)
        unsafe (destination.code + offset).copyMemory(
            from: source.table.pointee.constantBytes + Int(constant.offset), byteCount: Int(constant.size))
        destination.end = offset + Int(constant.size)
        constantOffsets[source.set][index] = offset
        return offset
    }
}
