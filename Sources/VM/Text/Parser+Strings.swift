/// Characters and strings, and their escapes.
extension Parser {
    /// The byte of the current token, a character literal. The token is not consumed.
    mutating func character() throws(Stop) -> UInt8 {
        var at = token.start + 1
        let end = token.end - 1
        let value: UInt8? = at < end ? try unescaped(&at, end) : nil
        guard let value, at == end, lexer.source[token.start + 1] < 0x80 else {
            throw fail("a character literal holds one ASCII character or one escape", at: location())
        }
        return value
    }

    /// The bytes of the current token, which must be a string. The token is consumed.
    mutating func string(_ what: String) throws(Stop) -> [UInt8] {
        guard token.kind == .string else { throw expected(what) }
        try requireUTF8(token)
        var value: [UInt8] = []
        value.reserveCapacity(token.length)
        var at = token.start + 1
        while at < token.end - 1 { value.append(try unescaped(&at, token.end - 1)) }
        advance()
        return value
    }

    /// A string whose bytes, escapes included, must be UTF-8.
    mutating func textString(_ what: String) throws(Stop) -> String {
        let found = token
        guard let text = String(validating: try string(what), as: UTF8.self) else {
            throw fail("this text is not UTF-8 once its escapes are replaced", at: location(found))
        }
        return text
    }

    /// The byte at `at`, or the one that the escape there stands for. `at` goes behind it.
    private mutating func unescaped(_ at: inout Int, _ end: Int) throws(Stop) -> UInt8 {
        let byte = lexer.source[at]
        at += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        let start = at - 1
        // The lexer never lets a backslash hide the closing quote.
        guard at < end else { throw fail("a backslash needs a character behind it", at: lexer.location(start, end)) }
        let escape = lexer.source[at]
        at += 1
        switch escape {
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        case UInt8(ascii: "r"): return UInt8(ascii: "\r")
        case UInt8(ascii: "0"): return 0
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): return escape
        case UInt8(ascii: "x"):
            guard end - at >= 2, let high = digitValue(lexer.source[at]), let low = digitValue(lexer.source[at + 1])
            else {
                throw fail("'\\x' needs two hexadecimal digits", at: lexer.location(start, min(at + 2, end)))
            }
            at += 2
            return UInt8(truncatingIfNeeded: high << 4 | low)
        default:
            throw fail(
                "this escape is unknown", at: lexer.location(start, at),
                note: #"the escapes are \n \t \r \0 \\ \" \' and \x with two hexadecimal digits"#)
        }
    }

    /// Refuses bytes in a string that are no UTF-8.
    private mutating func requireUTF8(_ token: Token) throws(Stop) {
        guard String(validating: bytes(token), as: UTF8.self) == nil else { return }
        // The first fault, for the message.
        var rest = bytes(token).makeIterator()
        var parser = UTF8.ForwardParser()
        var at = token.start
        while case .valid(let scalar) = parser.parseScalar(from: &rest) { at += scalar.count }
        let digits = String(lexer.source[min(at, token.end - 1)], radix: 16, uppercase: true)
        throw fail(
            "byte 0x\(digits) is not UTF-8", at: lexer.location(at, at + 1),
            note: "write \\x\(digits) for the byte itself")
    }
}
