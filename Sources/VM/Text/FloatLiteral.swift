/// A float64 as it is written: decimal or hexadecimal, with or without a point and an exponent.
enum FloatLiteral {
    /// What became of a text.
    enum Outcome {
        case float(Double)
        /// Finite as written, but beyond the largest float64.
        case tooLarge
        /// This is no float.
        case malformed
    }

    /// Powers of ten that a float64 holds exactly.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// Reads the whole text, with its sign; `inf` and `nan` are names, and the parser's.
    static func parse(_ text: Span<UInt8>) -> Outcome {
        guard let shape = Shape(text) else { return .malformed }
        if let value = shape.exact { return .float(value) }
        // Correct rounding of long literals is the standard library's art. The shape is checked,
        // hence the text is one that it takes.
        var digits = ""
        for i in text.indices where text[i] != UInt8(ascii: "_") {
            digits.unicodeScalars.append(Unicode.Scalar(text[i]))
        }
        guard let value = Double(digits) else { return .malformed }
        return value.isFinite ? .float(value) : .tooLarge
    }

    /// Whether a text that is a number is written as a float: with a point or an exponent.
    static func isWrittenAsFloat(_ text: Span<UInt8>) -> Bool {
        let first = text.count > 0 && text[0] == UInt8(ascii: "-") ? 1 : 0
        let isHexadecimal = first + 1 < text.count && text[first + 1] | 0x20 == UInt8(ascii: "x")
        for i in text.indices {
            let byte = text[i] | 0x20
            if text[i] == UInt8(ascii: ".") || byte == UInt8(ascii: isHexadecimal ? "p" : "e") { return true }
        }
        return false
    }

    /// The parts of a literal whose grammar is right.
    private struct Shape {
        var isNegative = false
        var isHexadecimal = false
        /// The digits as an integer, as long as they fit.
        var mantissa: UInt64 = 0
        var mantissaIsExact = true
        /// Digits behind the point.
        var fractionDigits = 0
        var exponent = 0

        /// The value, where one correctly rounded operation gives it (Clinger's fast path).
        var exact: Double? {
            guard mantissaIsExact, mantissa <= 1 << 53, !isHexadecimal else { return nil }
            let scale = exponent - fractionDigits
            guard abs(scale) <= 22 else { return nil }
            let magnitude =
                scale < 0
                ? Double(mantissa) / FloatLiteral.powers[-scale] : Double(mantissa) * FloatLiteral.powers[scale]
            return isNegative ? -magnitude : magnitude
        }

        init?(_ text: Span<UInt8>) {
            var at = 0
            if text.count > 0, text[0] == UInt8(ascii: "-") {
                isNegative = true
                at = 1
            }
            if at + 1 < text.count, text[at] == UInt8(ascii: "0"), text[at + 1] | 0x20 == UInt8(ascii: "x") {
                isHexadecimal = true
                at += 2
            }
            guard digits(text, &at) != nil else { return nil }
            if at < text.count, text[at] == UInt8(ascii: ".") {
                at += 1
                guard let count = digits(text, &at) else { return nil }
                fractionDigits = count
            }
            if at < text.count, text[at] | 0x20 == UInt8(ascii: isHexadecimal ? "p" : "e") {
                at += 1
                guard readExponent(text, &at) else { return nil }
            }
            guard at == text.count else { return nil }
        }

        /// One or more digits, `_` between them; how many, or nil.
        private mutating func digits(_ text: Span<UInt8>, _ at: inout Int) -> Int? {
            let radix: UInt64 = isHexadecimal ? 16 : 10
            var count = 0
            var digitBefore = false
            while at < text.count {
                if text[at] == UInt8(ascii: "_") {
                    guard digitBefore else { return nil }
                    digitBefore = false
                } else if let digit = digitValue(text[at]), digit < radix {
                    digitBefore = true
                    count += 1
                    // Beyond 2^53 the fast path is out; the library reads the digits again.
                    if mantissa > 1 << 56 { mantissaIsExact = false } else { mantissa = mantissa * radix + digit }
                } else {
                    break
                }
                at += 1
            }
            return digitBefore ? count : nil
        }

        private mutating func readExponent(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
            var isNegative = false
            if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
                isNegative = text[at] == UInt8(ascii: "-")
                at += 1
            }
            let first = at
            while at < text.count, let digit = digitValue(text[at]), digit < 10 {
                // Far beyond every float64; only its being large matters.
                exponent = min(exponent * 10 + Int(digit), 1_000_000)
                at += 1
            }
            if isNegative { exponent = -exponent }
            return at > first
        }
    }
}
