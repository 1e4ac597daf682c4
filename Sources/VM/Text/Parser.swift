import CStencils

extension Program {
    /// Reads a `.uops` file (docs/format.md).
    ///
    /// Names, literals and counts are checked here; what the uops do to the stack, to values and
    /// to locals is for the verifier.
    ///
    /// - Parameters:
    ///   - source: The bytes of the file.
    ///   - catalog: The uops that may stand in it. Numbers in the program are this catalog's.
    ///   - limits: How large the file may be, and how many errors are told.
    /// - Throws: Every error, in the order of the text; the places are those of `source`.
    public init(
        parsing source: [UInt8], catalog: UopCatalog, limits: Limits = Limits()
    ) throws(InvalidInput) {
        var parser = Parser(source: source, catalog: catalog, limits: limits)
        self = try parser.parse()
    }

    /// Reads a `.uops` file that is at hand as a string. See `init(parsing:catalog:limits:)`.
    public init(parsing text: String, catalog: UopCatalog, limits: Limits = Limits()) throws(InvalidInput) {
        try self.init(parsing: Array(text.utf8), catalog: catalog, limits: limits)
    }
}

/// One run over one file.
///
/// Every function that throws has recorded the error before; what it throws only says how much
/// of the text to skip. The current token is the first that is not consumed yet.
struct Parser {
    /// How parsing goes on after an error.
    enum Stop: Error {
        /// At the next line.
        case line
        /// Not at all.
        case file
    }

    /// An exit that leads to a name, noted until all names are known.
    struct PendingTarget {
        var trace: Int
        var statement: Int
        var name: Token
        var location: SourceLocation
    }

    let catalog: UopCatalog
    let limits: Limits
    var lexer: Lexer
    var token = Token(kind: .endOfLine, start: 0, end: 0)
    var program = Program()

    var diagnostics: [Diagnostic] = []
    /// The first error beyond the limit.
    var omitted: SourceLocation?
    /// The uop and the operand (from 0) that are being read, for messages.
    var place: (uop: Int, operand: Int)?

    /// Names; an index is the one in `program`, for targets the one in `targetMeanings`.
    var locals = NameTable()
    var buffers = NameTable()
    var helpers = NameTable()
    var targets = NameTable()
    var targetMeanings: [ExitTarget] = []
    var targetLines: [UInt32] = []
    var pendingTargets: [PendingTarget] = []

    var isInTrace = false
    /// The trace that is being read.
    var trace = TraceDeclaration(name: "")
    var labels = Scope()
    var values = Scope()

    var uopCount = 0
    var labelCount = 0
    var memoryBytes = 0

    init(source: [UInt8], catalog: UopCatalog, limits: Limits) {
        self.catalog = catalog
        self.limits = limits
        self.lexer = Lexer(source: source)
    }

    mutating func parse() throws(InvalidInput) -> Program {
        do throws(Stop) {
            try parseFile()
        } catch {
            // Recorded, like every error.
        }
        guard diagnostics.isEmpty else { throw InvalidInput(orderedDiagnostics()) }
        return program
    }

    private mutating func parseFile() throws(Stop) {
        // Offsets and counts are kept in 32 bits: nothing is counted that is not at least a byte of the file.
        let limit = min(limits.fileBytes, Int(UInt32.max) - 1)
        guard lexer.source.count <= limit else {
            throw stop(
                "the file has \(lexer.source.count) bytes, and the limit is \(limit) (--limit-file-bytes)",
                at: location())
        }
        advance()
        while token.kind == .endOfLine, lexer.nextLine() { advance() }
        try parseLineOrSkip { parser throws(Stop) in try parser.parseVersion() }
        while lexer.nextLine() {
            advance()
            try parseLineOrSkip { parser throws(Stop) in try parser.parseLine() }
        }
        if isInTrace {
            try report("trace '\(clip(trace.name))' has no 'end'", at: trace.location)
            try closeTrace()
        }
        try resolveTargets()
    }

    /// An error in a line ends the line, not the file.
    private mutating func parseLineOrSkip(_ parse: (inout Parser) throws(Stop) -> Void) throws(Stop) {
        do throws(Stop) {
            try parse(&self)
        } catch {
            if error == .file { throw error }
        }
        place = nil
    }

    /// `uops 1`. Whatever does not begin so is no `.uops` file, and more errors would not help.
    private mutating func parseVersion() throws(Stop) {
        guard token.kind == .name, matches(token, Keyword.uops.rawValue) else {
            throw stop("expected 'uops 1', the version of the format, found \(describe(token))", at: location())
        }
        advance()
        let version = token
        guard version.kind == .number, case .integer(let literal) = integerOutcome(version) else {
            throw stop("expected the version of the format, 1, found \(describe(version))", at: location())
        }
        guard literal.value == 1 else {
            throw stop(
                "version \(quote(version)) of the format is unknown: this reader knows version 1", at: location())
        }
        advance()
        try expectEndOfLine()
    }

    private mutating func parseLine() throws(Stop) {
        if token.kind == .endOfLine { return }
        if isInTrace { try parseTraceLine() } else { try parseTopLine() }
    }

    /// What a line at the top level begins with.
    enum Keyword: String, CaseIterable {
        case uops, local, buffer, tape, helper, exit, trace, expect
    }

    /// A line outside of traces.
    private mutating func parseTopLine() throws(Stop) {
        guard token.kind == .name, let keyword = Keyword(rawValue: text(token)) else {
            throw expectedTopLine()
        }
        try parseDeclaration(keyword)
    }

    mutating func parseDeclaration(_ keyword: Keyword) throws(Stop) {
        let first = token
        advance()
        switch keyword {
        case .uops:
            throw fail("the version stands in the first line only", at: location(first))
        case .local: try parseLocal()
        case .buffer: try parseBuffer()
        case .tape: try parseTape(first)
        case .helper: try parseHelper()
        case .exit: try parseExit()
        case .trace: try parseTraceHeader(first)
        case .expect: try parseExpectation(first)
        }
    }

    private mutating func expectedTopLine() -> Stop {
        let message = "expected a declaration, 'trace' or 'expect', found \(describe(token))"
        guard token.kind == .name else { return fail(message, at: location()) }
        let name = quotable(token)
        let note: String? =
            if name == "end" {
                "no trace is open here"
            } else if catalog.number(of: name) != nil {
                "uops stand between 'trace' and 'end'"
            } else {
                suggestion(for: name, among: Keyword.allCases.lazy.map(\.rawValue))
            }
        return fail(message, at: location(), note: note)
    }

    /// Every exit that was named before its trace or exit was.
    private mutating func resolveTargets() throws(Stop) {
        let source = lexer.source
        for pending in pendingTargets {
            if let index = targets.find(source.span.extracting(pending.name.start..<pending.name.end)) {
                program.traces[pending.trace].statements[pending.statement].exit = targetMeanings[index]
            } else {
                let name = quotable(pending.name)
                let names = program.exits.prefix(1000).map { $0.name } + program.traces.prefix(1000).map { $0.name }
                let note = suggestion(for: name, among: names) ?? "declare it: exit \(name)"
                try report("no exit or trace is named '\(name)'", at: pending.location, note: note)
            }
        }
    }
}

/// Names that are known by use before they are known by definition: a trace's labels or values.
struct Scope {
    struct Mention {
        /// Where the name stands for the first time.
        var location: SourceLocation
        /// The line of the definition, or 0.
        var definition: UInt32 = 0
    }

    var names = NameTable()
    /// By index of the name.
    var mentions: [Mention] = []

    /// The name's index. A new name is noted with its place.
    mutating func mention(_ name: Span<UInt8>, at location: SourceLocation) -> (index: Int, isNew: Bool) {
        let entry = names.insert(name)
        if entry.isNew { mentions.append(Mention(location: location)) }
        return entry
    }

    mutating func removeAll() {
        names.removeAll()
        mentions.removeAll(keepingCapacity: true)
    }
}
