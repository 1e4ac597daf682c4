import CStencils

/// `expect` lines, and the names that they and operands look up.
extension Parser {
    /// `expect local NAME = VALUE`, `expect buffer NAME[INDEX] = VALUE`, `expect exit NAME`,
    /// `expect output "TEXT"`.
    mutating func parseExpectation(_ keyword: Token) throws(Stop) {
        let subject = token
        guard token.kind == .name else { throw expected("local, buffer, exit or output") }
        advance()
        let kind: Expectation.Kind
        switch text(subject) {
        case "local": kind = try localExpectation()
        case "buffer": kind = try elementExpectation()
        case "exit": kind = .exit(try exit())
        case "output": kind = .output(try string("the output, a string"))
        default:
            token = subject
            throw expected(
                "local, buffer, exit or output",
                note: suggestion(for: quotable(subject), among: ["local", "buffer", "exit", "output"]))
        }
        try expectEndOfLine()
        program.expectations.append(Expectation(kind, location: location(keyword)))
    }

    private mutating func localExpectation() throws(Stop) -> Expectation.Kind {
        let name = token
        let index = try local()
        let valueClass = program.locals[index].valueClass
        guard valueClass != .RANGE else {
            throw fail(
                "a range has no literal, so that nothing can be expected of '\(quotable(name))'", at: location(name))
        }
        try expect(.equals, "'='")
        return .local(index, try word(of: valueClass))
    }

    private mutating func elementExpectation() throws(Stop) -> Expectation.Kind {
        let index = try buffer(.LABEL)
        // Its declaration is wrong, and that was told: what is expected of it cannot be judged.
        guard program.buffers[index].element.elementBytes != nil else { throw .line }
        try expect(.openBracket, "'[' and the number of an element")
        let number = token
        let element = try count("the number of an element")
        guard element < program.buffers[index].count else {
            throw fail("the buffer has \(program.buffers[index].count) elements, counted from 0", at: location(number))
        }
        try expect(.closeBracket, "']'")
        try expect(.equals, "'='")
        return .element(index, element, try elementWord(program.buffers[index].element))
    }

    /// The index of an exit by name. Traces are no exits: a run ends in none of them.
    private mutating func exit() throws(Stop) -> Int {
        guard token.kind == .name else { throw expected("the name of an exit") }
        if let index = targets.find(lexer.source.span.extracting(token.start..<token.end)) {
            guard case .exit(let exit) = targetMeanings[index] else {
                throw fail("'\(quotable(token))' is a trace, and a run ends by an exit", at: location())
            }
            advance()
            return exit
        }
        throw unknown("exit", among: program.exits.lazy.map(\.name), declare: "exit \(quotable(token))")
    }

    /// The index of a local by name.
    mutating func local() throws(Stop) -> Int {
        guard token.kind == .name else { throw expected("a local") }
        if let index = locals.find(lexer.source.span.extracting(token.start..<token.end)) {
            advance()
            return index
        }
        throw unknown("local", among: program.locals.lazy.map(\.name), declare: "local \(quotable(token)): i64")
    }

    /// The index of a buffer by name. Its elements must be of the kind, if that is a buffer's.
    mutating func buffer(_ element: UopOperandKind) throws(Stop) -> Int {
        let wanted = element.elementName.map { "an \($0) buffer" } ?? "a buffer"
        guard token.kind == .name else { throw expected(wanted) }
        guard let index = buffers.find(lexer.source.span.extracting(token.start..<token.end)) else {
            throw unknown(
                "buffer", among: program.buffers.lazy.map(\.name),
                declare: "buffer \(quotable(token)): \(element.elementName ?? "i64")[1]")
        }
        // A buffer whose own line is wrong may be anything: see parseBuffer.
        if let found = program.buffers[index].element.elementName, element.elementBytes != nil,
            program.buffers[index].element != element
        {
            let line = program.buffers[index].location.line
            throw expected(wanted, note: "'\(quotable(token))' is an \(found) buffer, declared in line \(line)")
        }
        advance()
        return index
    }

    /// The index of a helper by name.
    mutating func helper() throws(Stop) -> Int {
        guard token.kind == .name else { throw expected("a helper") }
        if let index = helpers.find(lexer.source.span.extracting(token.start..<token.end)) {
            advance()
            return index
        }
        throw unknown("helper", among: program.helpers.lazy.map(\.name), declare: "helper \(quotable(token))(i64)")
    }
}
