import CStencils
import UopRuntime

/// Texts for people: what lives where, and the machine code of it.
extension Execution {
    /// A line a step: the uop, its immediate operands, the places of inputs and outputs.
    package func planText() throws(ExecutionError) -> String {
        let code = try prepared()
        var text = ""
        for index in code.plan.steps.indices {
            if let region = code.plan.entries.firstIndex(of: index) {
                text += "trace \(program.program.traces[regions.regions[region].trace].name)\n"
            }
            if index == code.plan.firstExitStep { text += "exits\n" }
            text += "  \(padded("\(index)", 5))  \(stepText(index, of: code))\n"
        }
        return text
    }

    /// The plan with the bytes of each step, and where they run.
    package func codeText() throws(ExecutionError) -> String {
        let code = try prepared()
        let bytes = code.bytes
        var text = "\(bytes.count) bytes at 0x\(String(code.runAddress, radix: 16))\n"
        for index in code.plan.steps.indices {
            if let region = code.plan.entries.firstIndex(of: index) {
                text += "trace \(program.program.traces[regions.regions[region].trace].name)\n"
            }
            if index == code.plan.firstExitStep { text += "exits\n" }
            text += "  \(stepText(index, of: code))\n"
            text += lines(bytes, code.offsets[index]..<code.offsets[index + 1])
        }
        let end = code.offsets[code.plan.steps.count]
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

    private func stepText(_ index: Int, of code: JITCode) -> String {
        let step = code.plan.steps[index]
        func operand(_ number: Int) -> UInt64 { code.plan.operands[Int(step.firstOperand) + number] }
        func place(_ number: Int) -> String { code.layout.name(of: Int(operand(number)), in: program.program) }
        guard Int(step.code) < program.catalog.uops.count else {
            // The bridges: an exit has its number, a move two places.
            return index >= code.plan.firstExitStep && isExit(index, code)
                ? "exit \(operand(0)) -> \(exitText(Int(operand(0))))" : "\(place(1)) <- \(place(0))"
        }
        let uop = program.catalog.uops[Int(step.code)]
        let immediates = uop.operands.enumerated().map { number, kind in
            kind.isPlace ? place(number) : kind == .LABEL ? "step \(step.target)" : kind.text(of: operand(number))
        }
        let inputs = uop.inputs.indices.map { place(uop.operands.count + $0) }
        let outputs = uop.flags.contains(.guards)
            ? [] : uop.outputs.indices.map { place(uop.operands.count + inputs.count + $0) }
        var text = outputs.isEmpty ? "" : outputs.joined(separator: ", ") + " <- "
        text += ([uop.name] + immediates + inputs).joined(separator: " ")
        if uop.flags.contains(.toTop) { text += " step \(step.target)" }
        if uop.flags.contains(.exits) { text += "  | exit step \(step.exit)" }
        return text
    }

    private func isExit(_ index: Int, _ code: JITCode) -> Bool {
        Int(code.plan.steps[index].code) == code.exitBridge
    }

    private func exitText(_ number: Int) -> String {
        let exit = regions.exits[number]
        let instruction = regions.regions[exit.trace].instructions[exit.instruction]
        let place = "\(program.catalog.uops[Int(instruction.uop)].name), statement \(instruction.statement)"
        return switch exit.target {
        case .trace(let trace): "trace \(program.program.traces[trace].name) (from \(place))"
        case .exit(let index): "\(program.program.exits[index].name) (from \(place))"
        case .implicit: "host (from \(place))"
        }
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
