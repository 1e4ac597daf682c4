import CStencils
import UopRuntime

/// Texts for people: what lives where, and the machine code of it.
extension Execution {
    /// A line a step: the form, its operands, its registers.
    package func planText() throws(ExecutionError) -> String {
        let code = try prepared()
        guard let listing = code.listing else { return "" }
        let names = StepNames(library, program.catalog)
        var text = ""
        for index in listing.steps.indices {
            text += heading(before: index, code, listing)
            text += "  \(padded("\(index)", 5))  \(names.text(of: listing.steps[index], listing.operands))\n"
        }
        return text
    }

    /// The plan with the bytes of each step, and where they run.
    package func codeText() throws(ExecutionError) -> String {
        let code = try prepared()
        guard let listing = code.listing else { return "" }
        let names = StepNames(library, program.catalog)
        let bytes = code.bytes
        var text = "\(bytes.count) bytes at 0x\(String(code.runAddress, radix: 16))\n"
        for index in listing.steps.indices {
            text += heading(before: index, code, listing)
            text += "  \(names.text(of: listing.steps[index], listing.operands))\n"
            text += lines(bytes, listing.offsets[index]..<listing.offsets[index + 1])
        }
        let end = listing.offsets[listing.steps.count]
        if end < bytes.count { text += "cold fragments and constants\n" + lines(bytes, end..<bytes.count) }
        return text
    }

    /// Each region as a graph of values, with what the verifier has against it.
    package func graphText() -> String {
        var builder = GraphBuilder(program.catalog)
        var graph = Graph()
        var text = ""
        for region in regions.regions {
            text += "trace \(program.program.traces[region.trace].name)\n"
            if builder.build(region, program: program, layout: regions.layout, into: &graph) {
                text += graph.text(of: program, layout: regions.layout)
                for problem in graph.verify(shapes: program.catalog.shapes) { text += "  wrong: \(problem)\n" }
            } else {
                text += "  too large: there are many more values than uops\n"
            }
        }
        return text
    }

    private func heading(before index: Int, _ code: JITCode, _ listing: Listing) -> String {
        var text = ""
        for (region, entry) in code.entryOffsets.enumerated()
        where listing.offsets[index] == entry && (index == 0 || listing.offsets[index - 1] != entry) && index < listing.hotCount {
            text += "trace \(program.program.traces[regions.regions[region].trace].name)\n"
        }
        return index == listing.hotCount ? text + "out of line\n" : text
    }

    private func lines(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        var text = ""
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 16) {
            let row = bytes[start..<min(start + 16, range.upperBound)]
            let hexadecimal = row.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            text += "    \(padded(String(start, radix: 16), 6)): \(hexadecimal)\n"
        }
        return text
    }

    private func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension UopOperandKind {
    /// Whether the operand's word is the frame offset of something that has a name.
    var isPlace: Bool { self == .LOCAL_READ || self == .LOCAL_WRITE || self == .HELPER || elementBytes != nil }

    /// An immediate word as text.
    func text(of word: UInt64) -> String {
        switch self {
        case .IMM_F64: "\(Double(bitPattern: word))"
        case .IMM_OBJECT: UopClass.OBJECT.text(of: word)
        default: "\(Int64(bitPattern: word))"
        }
    }
}

/// What forms are called.
private struct StepNames {
    private var names: [Int: String] = [:]
    private let registerNames: [String]
    private var floats: [Int: [Bool]] = [:]

    init(_ library: StencilLibrary, _ catalog: UopCatalog) {
        registerNames = (0..<Int(UOP_REGISTER_COUNT)).map { unsafe String(cString: uop_register_names()[$0]!) }
        var firstForm = 0
        var firstUop = 0
        for unsafe (set, table) in unsafe zip(library.sets, library.tables) {
            let count = Int(unsafe set.pointee.uopCount)
            for index in 0..<count + Int(unsafe table.pointee.fusionCount) {
                let forms = unsafe table.pointee.operations[index]
                var name: String
                if index < count {
                    name = catalog.uops[firstUop + index].name
                } else {
                    let fusion = unsafe table.pointee.fusions[index - count]
                    name = catalog.uops[firstUop + Int(fusion.first)].name + "+" + catalog.uops[firstUop + Int(fusion.second)].name
                }
                for form in Int(forms.first)..<Int(forms.first) + Int(forms.count) {
                    let info = unsafe table.pointee.forms[form]
                    names[firstForm + form] = name + (info.isFrame != 0 ? " (frame)" : "")
                    let axes = [info.axisIsFloat.0, info.axisIsFloat.1, info.axisIsFloat.2]
                    floats[firstForm + form] = axes.prefix(Int(info.axisCount)).map { $0 != 0 }
                }
            }
            firstForm += Int(unsafe table.pointee.formCount)
            firstUop += count
        }
        names[library.form(of: .exit)] = "exit"
        names[library.form(of: .move)] = "move"
        names[Int(Step.alignment)] = "align"
    }

    func text(of step: Step, _ operands: [UInt64]) -> String {
        let registers = [step.registers.first, step.registers.second, step.registers.third]
        var words = [names[Int(step.form)] ?? "form \(step.form)"]
        for (axis, isFloat) in (floats[Int(step.form)] ?? []).enumerated() {
            words.append(registerNames[Int(registers[axis]) + (isFloat ? Int(UOP_INTEGER_REGISTER_COUNT) : 0)])
        }
        if Int(step.firstOperand) < operands.count { words.append("[\(Int64(bitPattern: operands[Int(step.firstOperand)]))]") }
        if step.target != 0 { words.append("-> \(step.target)") }
        if step.exit != 0 { words.append("| \(step.exit)") }
        return words.joined(separator: " ")
    }
}
