import CStencils

/// Literals in their canonical form.
extension Printer {
    /// The word of a local or of an object operand.
    mutating func printWord(_ word: UInt64, of valueClass: UopClass) {
        switch valueClass {
        case .I64: out += Self.integer(Int64(bitPattern: word))
        case .F64: out += Self.float(word)
        case .OBJECT, .INT, .FLOAT, .BOOL, .NONE, .RANGE, .A, .B, .C, .PARAMETER, .RESULT:
            out += Self.object(word)
        }
    }

    /// An element of a buffer.
    mutating func printElement(_ word: UInt64, of element: UopOperandKind) {
        switch element {
        case .BUFFER_F64: out += Self.float(word)
        // Bytes are seldom numbers with a sign; wider elements often are.
        case .BUFFER_I8: out += "\(UInt8(truncatingIfNeeded: word))"
        case .BUFFER_I16: out += "\(Int16(truncatingIfNeeded: word))"
        case .BUFFER_I32: out += Self.integer(Int64(Int32(truncatingIfNeeded: word)), isPattern: false)
        default: out += Self.integer(Int64(bitPattern: word))
        }
    }

    private static func object(_ word: UInt64) -> String {
        switch ObjectWord.decode(word) {
        case .integer(let value): integer(value, isPattern: false)
        case .float(let value): float(value.bitPattern)
        case .none: "None"
        case .bool(let value): value ? "True" : "False"
        // No literals: the parser refuses them.
        case .range(let index): "<range \(index)>"
        case .invalid(let word): "<word 0x\(String(word, radix: 16))>"
        }
    }

    /// The shortest decimal that reads back as the same float; NaNs with their bits.
    static func float(_ bits: UInt64) -> String {
        let value = Double(bitPattern: bits)
        if value.isNaN { return bits == 0x7FF8_0000_0000_0000 ? "nan" : "nan(0x\(String(bits, radix: 16)))" }
        return "\(value)"
    }

    /// An integer as a person would write it: decimal with the digits in threes, or hexadecimal
    /// where that shows a pattern (0xffff_0000, 0x10_0000) which decimal digits hide.
    ///
    /// - Parameter isPattern: Whether a negative integer may be written as its 64 bits.
    static func integer(_ value: Int64, isPattern: Bool = true) -> String {
        if value.magnitude < 10_000 { return "\(value)" }
        let decimal = "\(value.magnitude)"
        let hexadecimal = String(isPattern ? UInt64(bitPattern: value) : value.magnitude, radix: 16)
        let isShownByDigits = significantDigits(decimal) <= 2 * runs(hexadecimal) + 1
        if !isShownByDigits, isPattern || value >= 0 { return "0x" + grouped(hexadecimal, by: 4) }
        return (value < 0 ? "-" : "") + grouped(decimal, by: 3)
    }

    /// Digits without the zeros at the end.
    private static func significantDigits(_ digits: String) -> Int {
        digits.utf8.count - digits.utf8.reversed().prefix { $0 == UInt8(ascii: "0") }.count
    }

    /// How many runs of equal digits there are.
    private static func runs(_ digits: String) -> Int {
        zip(digits.utf8, digits.utf8.dropFirst()).reduce(1) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    }

    private static func grouped(_ digits: String, by size: Int) -> String {
        var text = ""
        let count = digits.utf8.count
        for (index, digit) in digits.enumerated() {
            if index > 0, (count - index) % size == 0 { text += "_" }
            text.append(digit)
        }
        return text
    }

    /// A string literal. Characters that show themselves stay; everything else is escaped, byte by
    /// byte where the bytes are no UTF-8.
    mutating func printString(_ bytes: [UInt8]) {
        out += "\""
        if let text = String(validating: bytes, as: UTF8.self) {
            for scalar in text.unicodeScalars { printScalar(scalar) }
        } else {
            for byte in bytes {
                if byte < 0x80 { printScalar(Unicode.Scalar(byte)) } else { printEscape(byte) }
            }
        }
        out += "\""
    }

    private mutating func printScalar(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\n": out += "\\n"
        case "\t": out += "\\t"
        case "\r": out += "\\r"
        case "\0": out += "\\0"
        case "\\": out += "\\\\"
        case "\"": out += "\\\""
        default:
            if Self.isVisible(scalar) {
                out.unicodeScalars.append(scalar)
            } else {
                for byte in UTF8.encode(scalar) ?? .init() { printEscape(byte) }
            }
        }
    }

    private mutating func printEscape(_ byte: UInt8) {
        out += byte < 16 ? "\\x0" : "\\x"
        out += String(byte, radix: 16, uppercase: true)
    }

    /// Whether a character shows as itself and changes nothing around it: no controls, no
    /// characters that turn the direction of the text, nothing unassigned.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }
}
