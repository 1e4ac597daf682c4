import CStencils

/// Literals: numbers, objects, characters and strings.
extension Parser {
    /// An integer, or a character as its byte.
    mutating func integer(_ what: String) throws(Stop) -> IntegerLiteral {
        switch token.kind {
        case .character:
            let literal = IntegerLiteral(magnitude: UInt64(try character()))
            advance()
            return literal
        case .number:
            switch integerOutcome(token) {
            case .integer(let literal):
                advance()
                return literal
            case .tooLarge: throw fail("\(quote(token)) does not fit in 64 bits", at: location())
            case .malformed: throw expected(what)
            }
        default: throw expected(what)
        }
    }

    /// The current token's outcome as an integer.
    func integerOutcome(_ token: Token) -> IntegerLiteral.Outcome {
        IntegerLiteral.parse(lexer.source.span.extracting(token.start..<token.end))
    }

    /// A 64-bit integer, or the pattern of its 64 bits.
    mutating func integerWord() throws(Stop) -> UInt64 {
        let found = token
        let literal = try integer("an integer")
        guard let word = literal.word else {
            throw fail(
                "\(quote(found)) does not fit in an i64, which goes from \(Int64.min) to \(Int64.max)",
                at: location(found),
                note: literal.isPattern || literal.isNegative ? nil : "in hexadecimal, all 64 bits can be written")
        }
        return word
    }

    /// An integer by its value.
    mutating func integer(in range: ClosedRange<Int64>, _ what: String) throws(Stop) -> Int64 {
        let found = token
        guard let value = try integer(what).value, range.contains(value) else {
            throw fail(
                "\(quote(found)) is out of range: \(what) goes from \(range.lowerBound) to \(range.upperBound)",
                at: location(found))
        }
        return value
    }

    /// How many of something: not negative.
    mutating func count(_ what: String) throws(Stop) -> Int {
        Int(truncatingIfNeeded: try integer(in: 0...Int64(Int.max), what))
    }

    /// A float64, as its bits.
    mutating func floatBits() throws(Stop) -> UInt64 {
        if token.kind == .name {
            if matches(token, "inf") { return finish(Double.infinity.bitPattern) }
            if matches(token, "nan") { return try notANumber() }
        }
        guard token.kind == .number else { throw expected("a float") }
        if matches(token, "-inf") { return finish((-Double.infinity).bitPattern) }
        switch FloatLiteral.parse(lexer.source.span.extracting(token.start..<token.end)) {
        case .float(let value): return finish(value.bitPattern)
        case .tooLarge:
            throw fail("\(quote(token)) is beyond the largest float64", at: location(), note: "infinity is written inf")
        case .malformed:
            throw expected(
                "a float",
                note: matches(token, "-nan") ? "a NaN's sign and payload are written nan(0xfff8000000000000)" : nil)
        }
    }

    /// `nan`, or `nan(bits)`.
    private mutating func notANumber() throws(Stop) -> UInt64 {
        advance()
        guard skip(.openParenthesis) else { return 0x7FF8_0000_0000_0000 }
        let found = token
        let bits = try integer("a NaN's 64 bits, such as 0x7ff8000000000001").word
        guard let bits, Double(bitPattern: bits).isNaN else {
            throw fail(
                "\(quote(found)) is no NaN: its exponent must be all ones and its fraction not zero",
                at: location(found))
        }
        try expect(.closeParenthesis, "')'")
        return bits
    }

    /// The word of an object: a small integer, a float, None, True or False.
    mutating func objectWord() throws(Stop) -> UInt64 {
        let what = "an object (an integer, a float, None, True or False)"
        switch token.kind {
        case .name:
            if matches(token, "None") { return finish(ObjectWord.none) }
            if matches(token, "True") { return finish(ObjectWord.true) }
            if matches(token, "False") { return finish(ObjectWord.false) }
            guard matches(token, "inf") || matches(token, "nan") else {
                throw expected(
                    what, note: suggestion(for: quotable(token), among: ["None", "True", "False", "inf", "nan"]))
            }
            return try floatObjectWord()
        case .number
        where matches(token, "-inf")
            || FloatLiteral.isWrittenAsFloat(lexer.source.span.extracting(token.start..<token.end)):
            return try floatObjectWord()
        case .number, .character: return try smallIntegerWord()
        default: throw expected(what)
        }
    }

    /// The word of an object that is a float.
    private mutating func floatObjectWord() throws(Stop) -> UInt64 {
        guard token.kind == .name, matches(token, "nan") else {
            return ObjectWord.float(Double(bitPattern: try floatBits()))
        }
        advance()
        guard token.kind != .openParenthesis else {
            throw fail("objects have one NaN, without bits of its own: write nan", at: location())
        }
        return ObjectWord.canonicalNaN
    }

    /// The word of an object that is an integer.
    private mutating func smallIntegerWord() throws(Stop) -> UInt64 {
        let found = token
        guard let value = try integer("an integer").value, let word = ObjectWord.integer(value) else {
            let range = ObjectWord.smallIntegers
            throw fail(
                "\(quote(found)) does not fit in an object, whose integers have 50 bits:"
                    + " from \(range.lowerBound) to \(range.upperBound)", at: location(found))
        }
        return word
    }

    /// The word of a literal of a class; ranges are no words.
    mutating func word(of valueClass: UopClass) throws(Stop) -> UInt64 {
        switch valueClass {
        case .I64: return try integerWord()
        case .F64: return try floatBits()
        case .INT: return try smallIntegerWord()
        case .FLOAT: return try floatObjectWord()
        case .BOOL:
            if token.kind == .name, matches(token, "True") { return finish(ObjectWord.true) }
            if token.kind == .name, matches(token, "False") { return finish(ObjectWord.false) }
            throw expected("True or False")
        case .NONE:
            guard token.kind == .name, matches(token, "None") else { throw expected("None") }
            return finish(ObjectWord.none)
        case .OBJECT, .RANGE, .A, .B, .C, .PARAMETER, .RESULT: return try objectWord()
        }
    }

    /// Consumes the current token, and gives what it meant.
    private mutating func finish(_ word: UInt64) -> UInt64 {
        advance()
        return word
    }
}
