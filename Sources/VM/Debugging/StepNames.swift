import CStencils
import UopRuntime

/// Steps of a plan as lines for people.
///
///     _LOAD_FAST r13 total
///     _I64_LT_S+_JUMP_IF_FALSE r13 4 -> 12
///     _GUARD_TRUE r15 | exit odd (29)
///     _CALL_1 (frame) print s0
struct StepNames {
    /// What a form's operand words are, in their order.
    private enum Word {
        case operand(UopOperandKind)
        case literal
        /// The frame offset of a value.
        case slot
        /// The number of a point where code leaves.
        case point
    }

    private struct Form {
        var name: String
        var isFrame = false
        var hasLiteral = false
        var isWide = false
        var axisIsFloat: [Bool] = []
        var words: [Word] = []
        var jumps = false
        var exits = false
    }

    private let program: VerifiedProgram
    private let regions: RegionSet
    private let code: JITCode
    private let listing: Listing
    private let registers: [String]
    private let exitForm: Int
    private var forms: [Int: Form] = [:]

    init(_ library: StencilLibrary, _ program: VerifiedProgram, _ regions: RegionSet, _ code: JITCode, _ listing: Listing) {
        self.program = program
        self.regions = regions
        self.code = code
        self.listing = listing
        let names = unsafe library.tables.first?.pointee.registerNames
        registers = (0..<Int(UOP_REGISTER_COUNT)).map { index in
            unsafe names?[index].map { unsafe String(cString: $0) } ?? ""
        }
        exitForm = library.form(of: .exit)
        var firstForm = 0
        var firstUop = 0
        for unsafe (set, table) in unsafe zip(library.sets, library.tables) {
            let uops = Array(program.catalog.uops[firstUop..<firstUop + Int(unsafe set.pointee.uopCount)])
            for index in 0..<uops.count + Int(unsafe table.pointee.fusionCount) {
                var parts: [UopCatalog.Uop]
                if index < uops.count {
                    parts = [uops[index]]
                } else {
                    let fusion = unsafe table.pointee.fusions[index - uops.count]
                    parts = [uops[Int(fusion.first)], uops[Int(fusion.second)]]
                }
                let numbers = unsafe table.pointee.operations[index]
                for form in Int(numbers.first)..<Int(numbers.first) + Int(numbers.count) {
                    unsafe forms[firstForm + form] = Self.form(table.pointee.forms[form], parts)
                }
            }
            firstForm += Int(unsafe table.pointee.formCount)
            firstUop += uops.count
        }
        forms[exitForm] = Form(name: "leave", words: [.point])
        forms[library.form(of: .move)] = Form(name: "move", words: [.slot, .slot])
        forms[Int(Step.alignment)] = Form(name: "align")
    }

    private static func form(_ row: UopForm, _ uops: [UopCatalog.Uop]) -> Form {
        var form = Form(name: uops.map(\.name).joined(separator: "+"))
        form.axisIsFloat = [row.axisIsFloat.0, row.axisIsFloat.1, row.axisIsFloat.2].prefix(Int(row.axisCount)).map { $0 != 0 }
        form.words = uops.flatMap(\.operands).map { .operand($0) }
        form.jumps = uops.contains { $0.flags.contains(.jumps) }
        form.exits = uops.contains { $0.flags.contains(.exits) }
        form.isWide = row.isWide != 0
        if row.isFrame != 0 {
            form.isFrame = true
            form.words += uops.flatMap { $0.inputs + $0.outputs }.map { _ in .slot }
        } else if row.literalInput != UInt8(UOP_NO_AXIS) {
            form.hasLiteral = true
            form.words.append(.literal)
        }
        return form
    }

    /// The uop, or what else the step is.
    func name(of index: Int) -> String { form(of: index).name }

    private func form(of index: Int) -> Form {
        forms[Int(listing.steps[index].form)] ?? Form(name: "form \(listing.steps[index].form)")
    }

    /// "registers, wide, template 2": what the code of a step was copied from; nil where it is made of padding.
    func source(of index: Int) -> String? {
        let code = listing.code[index]
        guard let number = code.form, let form = forms[number] else { return nil }
        var words: [String] = []
        if form.isFrame { words.append("frame") }
        if !form.axisIsFloat.isEmpty { words.append("registers") }
        if form.hasLiteral { words.append("literal") }
        if form.isWide { words.append("wide") }
        return (words + ["template \(code.template)"]).joined(separator: ", ")
    }

    /// "r13", "xmm0": a register by its number among all.
    func register(_ number: Int) -> String { registers[number] }

    /// The form, its registers, its operands, where it jumps, where it exits.
    func text(of index: Int) -> String {
        let step = listing.steps[index]
        let form = form(of: index)
        let assigned = [step.registers.first, step.registers.second, step.registers.third]
        var words = [form.name + (form.isFrame ? " (frame)" : "")]
        for (axis, isFloat) in form.axisIsFloat.enumerated() {
            words.append(registers[Int(assigned[axis]) + (isFloat ? Int(UOP_INTEGER_REGISTER_COUNT) : 0)])
        }
        for (position, word) in form.words.enumerated() where Int(step.firstOperand) + position < listing.operands.count {
            if let text = text(of: word, listing.operands[Int(step.firstOperand) + position]) { words.append(text) }
        }
        if form.jumps { words.append("-> \(step.target)") }
        if form.exits { words.append("| \(exitText(at: Int(step.exit))) (\(step.exit))") }
        return words.joined(separator: " ")
    }

    private func text(of word: Word, _ value: UInt64) -> String? {
        switch word {
        // The step that it leads to is shown.
        case .operand(.LABEL): nil
        case .operand(let kind) where kind.isPlace: place(value)
        case .operand(let kind): kind.text(of: value)
        case .literal: "\(Int64(bitPattern: value))"
        case .slot: place(value)
        case .point: pointText(Int(truncatingIfNeeded: value))
        }
    }

    /// The name of a word of the frame.
    func place(_ offset: UInt64) -> String {
        guard let offset = Int(exactly: offset), offset < regions.layout.byteCount else { return "\(offset)" }
        return regions.layout.name(of: offset, in: program.program)
    }

    // MARK: Exits

    /// Where the code at a step out of line leads in the end: it may have to bring the frame up to date before.
    private func exitText(at first: Int) -> String {
        for index in first..<max(first, listing.steps.count) {
            if let point = point(of: index) { return pointText(point) }
        }
        return "nowhere"
    }

    /// The point at which a step leaves; nil for other steps.
    func point(of index: Int) -> Int? {
        guard Int(listing.steps[index].form) == exitForm else { return nil }
        return Int(truncatingIfNeeded: listing.operands[Int(listing.steps[index].firstOperand)])
    }

    private func pointText(_ point: Int) -> String {
        guard let number = code.exitNumber(of: point) else { return "resume" }
        let exit = regions.exits[number]
        switch exit.target {
        case .exit(let index): return "exit \(program.program.exits[index].name)"
        case .trace(let index): return "trace \(program.program.traces[index].name)"
        case .implicit:
            let uop = regions.regions[exit.trace].instructions[exit.instruction].uop
            return program.catalog.uops[Int(uop)].flags.contains(.terminator) ? "finish" : "side exit"
        }
    }
}
