extension TapeRegion {
    /// Levels of nesting that are shown as such. A million nested loops would be a trillion blanks otherwise.
    static var deepestIndentation: Int { 32 }

    /// The instructions as text, one a line, indented by nesting; with a text, behind line and column of the command
    /// that each was made from.
    ///
    ///     12:5   multiply [3] += [0] * 7
    package func listing(of text: SourceText? = nil) -> String {
        lines(of: text).map { $0 + "\n" }.joined()
    }

    /// The same, by instruction.
    func lines(of text: SourceText?) -> [String] {
        var places: [String] = []
        if let text {
            let offsets = (0..<instructions.count).map { Int(instructions[$0].position) }
            places = text.locations(ofBytes: offsets).map { "\($0.line):\($0.column)" }
        }
        let width = max(6, places.lazy.map(\.utf8.count).max() ?? 0)
        var depth = 0
        return (0..<instructions.count).map { index in
            let instruction = instructions[index]
            if instruction.operation == .end || instruction.operation == .endBranch { depth -= 1 }
            var line = ""
            if !places.isEmpty {
                line += String(repeating: " ", count: width - places[index].utf8.count) + places[index] + "   "
            }
            line += String(repeating: "  ", count: min(depth, Self.deepestIndentation))
            if instruction.operation == .loop || instruction.operation == .branch { depth += 1 }
            return line + describe(instruction)
        }
    }

    /// An instruction in the words of `TapeInstruction.Operation`.
    package func describe(_ instruction: TapeInstruction) -> String {
        let name = "\(instruction.operation)"
        let cell = "[\(instruction.offset)]"
        switch instruction.operation {
        case .add: return "\(name) \(cell) += \(signed(instruction.amount))"
        case .set: return "\(name) \(cell) = \(instruction.amount)"
        case .multiply: return "\(name) \(cell) += [\(instruction.other)] * \(signed(instruction.amount))"
        case .product: return "\(name) \(cell) += [\(instruction.other)] * [\(instruction.signedAmount)]"
        case .scale: return "\(name) \(cell) *= \(signed(instruction.amount))"
        case .move, .scan: return "\(name) \(instruction.signedAmount)"
        case .touch, .loop, .end, .branch, .endBranch, .read, .write: return "\(name) \(cell)"
        case .print: return "\(name) \"" + quoted(instruction) + "\""
        case .debug: return name
        }
    }

    /// A literal of which the upper half of the range stands for negative numbers: `-` is better known by its -1.
    private func signed(_ amount: UInt32) -> Int {
        let limit = Int(cellBits.mask) + 1
        return Int(amount) >= limit / 2 ? Int(amount) - limit : Int(amount)
    }

    /// What an instruction prints, in printable ASCII.
    private func quoted(_ instruction: TapeInstruction) -> String {
        var result = ""
        for index in 0..<Int(instruction.amount) {
            let byte = strings[Int(instruction.other) + index]
            switch byte {
            case UInt8(ascii: "\n"): result += "\\n"
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += "\\" + String(Unicode.Scalar(byte))
            case 0x20..<0x7F: result += String(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "\\x" + (byte < 16 ? "0" : "") + digits
            }
        }
        return result
    }
}
