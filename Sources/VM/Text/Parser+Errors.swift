import CStencils

/// Recording errors, and the words for what was found.
extension Parser {
    /// Records an error, and gives what to throw: the line is given up.
    mutating func fail(_ message: String, at location: SourceLocation, note: String? = nil) -> Stop {
        guard diagnostics.count < max(limits.errors, 1) else {
            if omitted == nil { omitted = location }
            return .file
        }
        diagnostics.append(Diagnostic(message, at: location, note: note))
        return .line
    }

    /// Records an error after which the rest of the file would only repeat it.
    mutating func stop(_ message: String, at location: SourceLocation, note: String? = nil) -> Stop {
        _ = fail(message, at: location, note: note)
        return .file
    }

    /// Records an error that does not end the line.
    mutating func report(_ message: String, at location: SourceLocation, note: String? = nil) throws(Stop) {
        let next = fail(message, at: location, note: note)
        if next == .file { throw next }
    }

    /// Records that something else stands where the current token is.
    mutating func expected(_ what: String, note: String? = nil) -> Stop {
        let isForeign = token.kind == .unknown && lexer.source[token.start] >= 0x80
        return fail(
            "expected \(what)\(placeText), found \(describe(token))", at: location(),
            note: note ?? (isForeign ? "only strings and comments may hold characters outside of ASCII" : nil))
    }

    /// Records that the current token, a name, names nothing.
    mutating func unknown(_ what: String, among candidates: some Sequence<String>, declare: String) -> Stop {
        let name = quotable(token)
        let note = suggestion(for: name, among: candidates) ?? "declare it before its use: \(declare)"
        return fail("no \(what) is named '\(name)'\(placeText)", at: location(), note: note)
    }

    /// Records that a name is taken.
    mutating func duplicate(_ what: String, _ token: Token, line: UInt32) -> Stop {
        fail("\(what) '\(quotable(token))' is already declared in line \(line)", at: location(token))
    }

    /// All errors in the order of the text, then one that says what was left out.
    func orderedDiagnostics() -> [Diagnostic] {
        // Unresolved names are found late.
        var ordered = diagnostics.sorted {
            ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column)
        }
        if let omitted {
            let message = "more than \(diagnostics.count) errors (--limit-errors): the rest is left out"
            ordered.append(Diagnostic(message, at: omitted))
        }
        return ordered
    }

    /// " (operand 1 of '_LOAD_FAST')" while an operand is read.
    private var placeText: String {
        guard let place else { return "" }
        return " as operand \(place.operand + 1) of '\(catalog.uops[place.uop].name)'"
    }

    /// "did you mean ...?", or nil. Only the first candidates are looked at: a file with a
    /// million labels must not make a typing error slow.
    func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
        nearestName(to: name, among: candidates.prefix(2000)).map { "did you mean '\($0)'?" }
    }

    /// What a token is, in the words of "found ...".
    func describe(_ token: Token) -> String {
        switch token.kind {
        case .endOfLine:
            return token.start == lexer.source.count ? "the end of the file" : "the end of the line"
        case .unclosed:
            return "\(quote(token)), a quote that is not closed in its line"
        case .unknown:
            let byte = lexer.source[token.start]
            if (0x21...0x7E).contains(byte) { return quote(token) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "byte 0x\(digits.count < 2 ? "0" : "")\(digits)"
        default:
            return quote(token)
        }
    }

    /// The token in quotes, as far as a message can hold it.
    func quote(_ token: Token) -> String { "'\(quotable(token))'" }

    /// The token's text, short, and without bytes that could steer a terminal.
    func quotable(_ token: Token) -> String {
        let bytes = lexer.source[token.start..<token.end].prefix(48)
        let text = String(
            decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        return bytes.count < token.length ? text + "..." : text
    }

    /// A name for a message.
    func clip(_ name: String) -> String { name.utf8.count <= 48 ? name : name.prefix(48) + "..." }

    /// Where a token of the current line stands, or the current token.
    func location(_ token: Token? = nil) -> SourceLocation {
        let token = token ?? self.token
        return lexer.location(token.start, token.end)
    }
}

/// Looking at tokens.
extension Parser {
    mutating func advance() { token = lexer.next() }

    /// The token's bytes.
    func bytes(_ token: Token) -> ArraySlice<UInt8> { lexer.source[token.start..<token.end] }

    /// The token's text.
    func text(_ token: Token) -> String { String(decoding: bytes(token), as: UTF8.self) }

    /// Whether a token is this word.
    func matches(_ token: Token, _ word: String) -> Bool {
        token.length == word.utf8.count && bytes(token).elementsEqual(word.utf8)
    }

    /// Consumes the current token if it is of this kind.
    mutating func skip(_ kind: Token.Kind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    /// Consumes a token that must stand here.
    @discardableResult
    mutating func expect(_ kind: Token.Kind, _ what: String) throws(Stop) -> Token {
        guard token.kind == kind else { throw expected(what) }
        let found = token
        advance()
        return found
    }

    mutating func expectEndOfLine() throws(Stop) {
        guard token.kind == .endOfLine else { throw expected("the end of the line") }
    }
}
