/// A word of the text: what it is and where. Its bytes stay in the source.
struct Token {
    enum Kind: UInt8 {
        /// A newline, a comment, or the end of the file. The lexer stays in front of it.
        case endOfLine
        case name
        /// `%name`
        case value
        /// Whatever begins like a number; the parser says which kind of number it must be.
        case number
        /// `'c'`
        case character
        case string
        /// A quote that no other quote of the line closes.
        case unclosed
        case equals, comma, colon, arrow
        case openParenthesis, closeParenthesis, openBracket, closeBracket, openBrace, closeBrace
        /// A byte that no token begins with.
        case unknown
    }

    var kind: Kind
    /// Offset of the first byte.
    var start: Int
    /// Offset behind the last byte.
    var end: Int

    var length: Int { end - start }
}

/// Bytes to tokens, one line at a time.
struct Lexer {
    let source: [UInt8]
    /// Offset behind the last token.
    private(set) var position = 0
    /// The line that is being read, from 1.
    private(set) var line = 1
    /// Offset of the line's first byte.
    private(set) var lineStart = 0

    init(source: [UInt8]) { self.source = source }

    /// The next token of the line; at its end, `endOfLine` again and again.
    mutating func next() -> Token {
        let token = Self.token(in: source.span, from: position)
        position = token.end
        return token
    }

    /// Makes the token behind this one, of the same line, the next.
    mutating func goBack(behind token: Token) { position = token.end }

    /// Goes to the next line. False where there is none.
    mutating func nextLine() -> Bool {
        var at = position
        while at < source.count, source[at] != UInt8(ascii: "\n") { at += 1 }
        guard at < source.count else { return false }
        position = at + 1
        lineStart = at + 1
        line += 1
        return true
    }

    /// Where a part of the current line stands.
    func location(_ start: Int, _ end: Int) -> SourceLocation {
        SourceLocation(line: line, column: start - lineStart + 1, length: end - start)
    }

    private static func token(in bytes: Span<UInt8>, from position: Int) -> Token {
        var start = position
        while start < bytes.count, bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "\t") {
            start += 1
        }
        guard start < bytes.count else { return Token(kind: .endOfLine, start: start, end: start) }
        let next = start + 1 < bytes.count ? bytes[start + 1] : UInt8(ascii: "\n")
        switch bytes[start] {
        case UInt8(ascii: "\n"), UInt8(ascii: "#"):
            return Token(kind: .endOfLine, start: start, end: start)
        case UInt8(ascii: "\r"):
            return next == UInt8(ascii: "\n")
                ? Token(kind: .endOfLine, start: start, end: start) : single(.unknown, start)
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            return Token(kind: .name, start: start, end: endOfName(bytes, start + 1))
        case UInt8(ascii: "%"):
            guard isNameStart(next) else { return single(.unknown, start) }
            return Token(kind: .value, start: start, end: endOfName(bytes, start + 2))
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            return Token(kind: .number, start: start, end: endOfNumber(bytes, start))
        case UInt8(ascii: "-") where next == UInt8(ascii: ">"):
            return Token(kind: .arrow, start: start, end: start + 2)
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            guard isNameByte(next) else { return single(.unknown, start) }
            return Token(kind: .number, start: start, end: endOfNumber(bytes, start + 1))
        case UInt8(ascii: "\""): return quoted(.string, bytes, start)
        case UInt8(ascii: "'"): return quoted(.character, bytes, start)
        case UInt8(ascii: "="): return single(.equals, start)
        case UInt8(ascii: ","): return single(.comma, start)
        case UInt8(ascii: ":"): return single(.colon, start)
        case UInt8(ascii: "("): return single(.openParenthesis, start)
        case UInt8(ascii: ")"): return single(.closeParenthesis, start)
        case UInt8(ascii: "["): return single(.openBracket, start)
        case UInt8(ascii: "]"): return single(.closeBracket, start)
        case UInt8(ascii: "{"): return single(.openBrace, start)
        case UInt8(ascii: "}"): return single(.closeBrace, start)
        case 0x80...: return run(bytes, start)
        default: return single(.unknown, start)
        }
    }

    private static func single(_ kind: Token.Kind, _ start: Int) -> Token {
        Token(kind: kind, start: start, end: start + 1)
    }

    /// Bytes above ASCII, together: a message about half a character helps nobody.
    private static func run(_ bytes: Span<UInt8>, _ start: Int) -> Token {
        var at = start
        while at < bytes.count, bytes[at] >= 0x80 { at += 1 }
        return Token(kind: .unknown, start: start, end: at)
    }

    private static func endOfName(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var at = start
        while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
        return at
    }

    /// Digits, letters, points and underscores; a sign only behind the letter of an exponent
    /// (in hexadecimal, `e` is a digit).
    private static func endOfNumber(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        let isHexadecimal =
            start + 1 < bytes.count && bytes[start] == UInt8(ascii: "0") && bytes[start + 1] | 0x20 == UInt8(ascii: "x")
        let exponent = isHexadecimal ? UInt8(ascii: "p") : UInt8(ascii: "e")
        var at = start
        while at < bytes.count {
            let isSign = bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+")
            guard isNameByte(bytes[at]) || isSign && at > start && bytes[at - 1] | 0x20 == exponent else { break }
            at += 1
        }
        return at
    }

    private static func quoted(_ kind: Token.Kind, _ bytes: Span<UInt8>, _ start: Int) -> Token {
        var at = start + 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") {
            if bytes[at] == bytes[start] { return Token(kind: kind, start: start, end: at + 1) }
            // A backslash takes the next byte with it, but not the end of the line.
            let isEscape =
                bytes[at] == UInt8(ascii: "\\") && at + 1 < bytes.count && bytes[at + 1] != UInt8(ascii: "\n")
            at += isEscape ? 2 : 1
        }
        if at > start + 1, bytes[at - 1] == UInt8(ascii: "\r") { at -= 1 }
        return Token(kind: .unclosed, start: start, end: at)
    }
}

/// Whether a name may begin with this byte.
func isNameStart(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
}

/// Whether this byte may stand in a name, behind the first.
func isNameByte(_ byte: UInt8) -> Bool {
    isNameStart(byte) || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: ".")
}
