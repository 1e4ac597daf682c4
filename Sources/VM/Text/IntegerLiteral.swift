/// An integer as it is written: decimal, `0x` or `0b`, `_` between digits.
struct IntegerLiteral {
    var isNegative = false
    var magnitude: UInt64 = 0
    /// Hexadecimal and binary: without a sign, they may name all 64 bits.
    var isPattern = false

    /// What became of a text.
    enum Outcome {
        case integer(IntegerLiteral)
        /// The magnitude needs more than 64 bits.
        case tooLarge
        /// This is no integer.
        case malformed
    }

    /// The integer's value, or nil where it does not fit.
    var value: Int64? {
        if isNegative { return magnitude <= 1 << 63 ? Int64(bitPattern: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// The 64 bits that the literal stands for: its value's, or those of a pattern.
    var word: UInt64? { isPattern && !isNegative ? magnitude : value.map { UInt64(bitPattern: $0) } }

    /// Reads the whole text, with its sign.
    static func parse(_ text: Span<UInt8>) -> Outcome {
        var literal = IntegerLiteral()
        var at = 0
        if text.count > 0, text[0] == UInt8(ascii: "-") {
            literal.isNegative = true
            at = 1
        }
        var radix: UInt64 = 10
        if at + 1 < text.count, text[at] == UInt8(ascii: "0") {
            switch text[at + 1] {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): radix = 16
            case UInt8(ascii: "b"), UInt8(ascii: "B"): radix = 2
            default: break
            }
        }
        if radix != 10 {
            literal.isPattern = true
            at += 2
        }
        guard at < text.count else { return .malformed }
        var isTooLarge = false
        var digitBefore = false
        while at < text.count {
            let byte = text[at]
            if byte == UInt8(ascii: "_"), digitBefore {
                digitBefore = false
            } else {
                guard let digit = digitValue(byte), digit < radix else { return .malformed }
                digitBefore = true
                let (product, overflow) = literal.magnitude.multipliedReportingOverflow(by: radix)
                let (sum, carry) = product.addingReportingOverflow(digit)
                // The rest is still read: what is no number at all gets the other message.
                if overflow || carry { isTooLarge = true } else { literal.magnitude = sum }
            }
            at += 1
        }
        guard digitBefore else { return .malformed }
        return isTooLarge ? .tooLarge : .integer(literal)
    }
}

/// The value of a digit in bases up to 16, or nil.
func digitValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
}
