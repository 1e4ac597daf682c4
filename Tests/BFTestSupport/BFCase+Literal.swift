extension BFCase {
    /// The case as a Swift expression: what a person needs to know of it, and what a test begins with.
    package var literal: String {
        """
        BFCase(
            \(textLiteral),
            input: \(input), cellBits: \(cellBits), endOfInput: .\(endOfInput),
            cellsLeft: \(cellsLeft), cellsRight: \(cellsRight), pageBytes: \(pageBytes), stepLimit: \(stepLimit))
        """
    }

    /// Long moves are counted, because nobody can.
    private var textLiteral: String {
        // Other bytes than those of ASCII would become two in a string.
        guard text.allSatisfy({ $0 < 0x80 }) else { return "\(text) as [UInt8]" }
        var parts: [String] = []
        var plain = ""
        var rest = text[...]
        while let byte = rest.first {
            let run = rest.prefix { $0 == byte }
            rest = rest.dropFirst(run.count)
            guard run.count > 20 else {
                plain += run.map(Self.escaped).joined()
                continue
            }
            if !plain.isEmpty { parts.append("\"\(plain)\"") }
            plain = ""
            parts.append("String(repeating: \"\(Self.escaped(byte))\", count: \(run.count))")
        }
        if !plain.isEmpty || parts.isEmpty { parts.append("\"\(plain)\"") }
        return parts.joined(separator: " + ")
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(Unicode.Scalar(byte))
        case 0x20..<0x7F: String(Unicode.Scalar(byte))
        default: "\\u{\(String(byte, radix: 16))}"
        }
    }
}
