import CStencils

/// Steps of any kind: those whose templates are not prepared, and those that are wrong.
extension CodeStream {
    /// Makes room for `count` bytes beyond what a prepared template takes.
    @inline(never)
    mutating func grow(by count: Int) {
        code.reserve(max(2 * code.capacity, position + count + Self.slack), keeping: position)
        updateRoom()
    }

    mutating func fail(_ error: EmissionError) { if failure == nil { failure = error } }

    /// Writes a step of any kind, and prepares its template for the next time.
    @inline(never)
    mutating func appendAny(
        _ number: Int, _ registers: Step.Registers, _ operands: UnsafeBufferPointer<UInt64>, target: UInt32, exit: UInt32
    ) -> (form: Int, template: Int) {
        let forms = library.forms
        guard UInt(bitPattern: number) < UInt(bitPattern: forms.count), position <= islands.regionLimit else {
            fail(position <= islands.regionLimit ? .invalidStep(origin) : .tooLarge)
            return (0, 0)
        }
        var number = number
        var form = unsafe forms.base + number
        var variant = unsafe Int(form.pointee.variants[form.pointee.variant(registers)])
        if unsafe form.pointee.isLimited, unsafe variant < Int(form.pointee.templateCount),
            unsafe !form.pointee.accepts(form.pointee.templates[variant], operands, encoder)
        {
            number += 1
            unsafe form = forms.base + number
            variant = unsafe Int(form.pointee.variants[form.pointee.variant(registers)])
        }
        guard unsafe variant < Int(form.pointee.templateCount), registers.areValid else {
            fail(.invalidStep(origin))
            return (0, 0)
        }
        cache.prepare(variant, of: number, registers)
        let template = unsafe form.pointee.templates + variant
        let (size, holeCount) = unsafe (Int(template.pointee.hotSize), Int(template.pointee.hotHoleCount))
        let extra = max(0, size - Islands.stepReserve) + islands.entrySize * max(0, holeCount - Islands.mostShortHoles)
        let keeps = unsafe library.hasBoundaries && hasBoundaries(template, form)
        let gap = keeps ? Self.largestGap : 0
        if extra + gap > 0, position + extra + gap > islands.end { makeRoom(size + extra + gap) }
        // No island comes behind this, which would move the step on.
        if keeps { unsafe keepBoundaries(template, form) }
        if position + size + Self.slack > code.capacity { grow(by: size) }
        unsafe TemplateSource(form, template.pointee).copy(from: 0, size: size, registers, to: code.address + position)
        let step = unsafe ColdStep(
            template: template, form: form, registers: registers, origin: UInt32(truncatingIfNeeded: origin),
            hotBegin: UInt32(truncatingIfNeeded: position), hotEnd: UInt32(truncatingIfNeeded: position + size), target: target,
            exit: exit, firstOperand: UInt32(truncatingIfNeeded: coldOperands.count),
            operandCount: UInt32(min(Self.mostOperands, operands.count)))
        let holes = unsafe form.pointee.table.holes + Int(template.pointee.firstHole)
        for index in 0..<holeCount { unsafe fill(holes[index], at: position, step, operands) }
        position += size
        if unsafe template.pointee.coldSize > 0 {
            for index in 0..<Int(step.operandCount) { coldOperands.append(unsafe operands[index]) }
            cold.append(step)
        }
        if position > roomEnd { makeRoom() }
        return (number, variant)
    }

    /// Fills a hole, or notes it, of a fragment that begins at `start`.
    mutating func fill(_ hole: UopHole, at start: Int, _ step: ColdStep, _ operands: UnsafeBufferPointer<UInt64>) {
        let place = UInt32(truncatingIfNeeded: start + Int(hole.offset))
        switch hole.target {
        case .operand, .operandHigh, .operandSlot:
            guard Int(hole.index) < operands.count else { return fail(.invalidStep(Int(step.origin))) }
            let word = unsafe operands[Int(hole.index)]
            if hole.target == .operandSlot { return slots.note(word, hole, place, step.origin) }
            let part = hole.target == .operand ? word : UInt64(bitPattern: Int64(bitPattern: word) >> 32)
            store(part &+ UInt64(bitPattern: hole.addend), hole.kind, place, step.origin, isPlace: false)
        case .continuation where hole.index == 0:
            requiredEnd = Int(step.hotEnd)
            storePlace(Int(step.hotEnd), hole, place, step.origin)
        case .continuation, .exit:
            note(hole.target == .exit ? step.exit : step.target, hole, place, step.origin)
        case .fragment where hole.index == 0: storePlace(Int(step.hotBegin), hole, place, step.origin)
        // The next one, as the step itself is the next to be noted. Where it is, is known when it is written.
        case .fragment where islands.isShort(hole.kind) && step.isCold:
            noteShort(
                ShortFix(
                    addend: hole.addend, position: place, number: UInt32(truncatingIfNeeded: cold.count), origin: step.origin,
                    kind: hole.kind, target: .coldFragment))
        case .fragment, .nothing: break
        case .constant:
            constants.note(Int(hole.index), unsafe Int(step.form.pointee.set), hole, place, step.origin)
        case .helper, .helperSlot:
            guard let address = unsafe library.helperAddresses[Int(step.form.pointee.set)][Int(hole.index)] else {
                return leaveOpen(hole, place, step)
            }
            if hole.target == .helperSlot { return slots.note(address, hole, place, step.origin) }
            store(address &+ UInt64(bitPattern: hole.addend), hole.kind, place, step.origin, isPlace: false)
        }
    }

    /// Notes a hole for a helper that only a linker can find.
    private mutating func leaveOpen(_ hole: UopHole, _ place: UInt32, _ step: ColdStep) {
        guard library.isLinked else { return fail(.unknownHelper(step: Int(step.origin))) }
        let helper = unsafe HelperNumber(set: UInt16(truncatingIfNeeded: step.form.pointee.set), index: hole.index)
        if hole.target == .helperSlot { return slots.note(0, hole, place, step.origin, helper) }
        addresses.append(
            AddressHole(
                value: UInt64(bitPattern: hole.addend), position: place, origin: step.origin, kind: hole.kind, isPlace: false,
                helper: helper))
    }

    /// Notes a hole that leads to a label.
    mutating func note(_ label: UInt32, _ hole: UopHole, _ position: UInt32, _ origin: UInt32) {
        guard islands.isShort(hole.kind) else {
            fixes.append(Fix(addend: hole.addend, position: position, label: label, origin: origin, kind: hole.kind))
            return
        }
        noteShort(
            ShortFix(addend: hole.addend, position: position, number: label, origin: origin, kind: hole.kind, target: .label))
    }

    /// Whether any of a hot fragment must not cross one.
    private func hasBoundaries(_ template: UnsafePointer<UopTemplate>, _ form: UnsafePointer<EmissionForm>) -> Bool {
        let holes = unsafe form.pointee.table.holes + Int(template.pointee.firstHole)
        return unsafe (0..<Int(template.pointee.hotHoleCount)).contains { unsafe encoder[holes[$0].kind].boundary != 0 }
    }

    /// Fills up with instructions that do nothing, until none of a hot fragment crosses its boundary. There are fewer of those in
    /// a fragment than places before a boundary.
    private mutating func keepBoundaries(_ template: UnsafePointer<UopTemplate>, _ form: UnsafePointer<EmissionForm>) {
        let holes = unsafe form.pointee.table.holes + Int(template.pointee.firstHole)
        let count = unsafe Int(template.pointee.hotHoleCount)
        while unsafe crossesBoundary(holes, count, at: position), let padding = library.padding(of: Self.word) {
            unsafe append(padding.form, Step.Registers(), UnsafeBufferPointer(start: nil, count: 0), target: 0, exit: 0)
        }
    }

    /// The size of an instruction, where some must not cross boundaries.
    static let word = 4
    /// What keeping off boundaries may take, at most.
    static let largestGap = 256

    /// Whether one of the holes of a fragment at `start` crosses its kind's boundary.
    func crossesBoundary(_ holes: UnsafePointer<UopHole>, _ count: Int, at start: Int) -> Bool {
        for index in 0..<count {
            let field = unsafe encoder[holes[index].kind]
            guard field.boundary != 0 else { continue }
            let begin = unsafe start + Int(holes[index].offset)
            if begin / Int(field.boundary) != (begin + Int(field.size) - 1) / Int(field.boundary) { return true }
        }
        return false
    }

    mutating func storePlace(_ place: Int, _ hole: UopHole, _ position: UInt32, _ origin: UInt32) {
        if islands.isShort(hole.kind) {
            noteShort(
                ShortFix(
                    addend: hole.addend, position: position, number: UInt32(truncatingIfNeeded: place), origin: origin,
                    kind: hole.kind, target: .place))
            return
        }
        store(UInt64(bitPattern: Int64(place) &+ hole.addend), hole.kind, position, origin, isPlace: true)
    }

    /// Stores S + A, unless it depends on where the code will run.
    mutating func store(_ value: UInt64, _ kind: UopHoleKind, _ position: UInt32, _ origin: UInt32, isPlace: Bool) {
        if encoder.dependsOnAddress(kind, isPlace: isPlace) {
            addresses.append(AddressHole(value: value, position: position, origin: origin, kind: kind, isPlace: isPlace))
            return
        }
        do throws(PatchError) {
            unsafe try encoder.fill(kind, value: value, code: code.address, at: Int(position), runAddress: 0)
        } catch { fail(.patch(error, step: Int(origin))) }
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
    var begin = CodeStream.unbound

    /// Whether there is one.
    var isCold: Bool { unsafe template.pointee.coldSize > 0 }
}
