import CStencils

/// Declarations: each line at the top level but traces and expectations.
///
/// A name is declared as soon as it is read, whatever is wrong behind it: otherwise one error
/// would bring another at every use.
extension Parser {
    /// `local NAME: CLASS [= VALUE]`
    mutating func parseLocal() throws(Stop) {
        let name = try expect(.name, "the local's name")
        let source = lexer.source
        let entry = locals.insert(source.span.extracting(name.start..<name.end))
        guard entry.isNew else { throw duplicate("local", name, line: program.locals[entry.index].location.line) }
        guard program.locals.count < limits.locals else {
            throw stop("more than \(limits.locals) locals (--limit-locals)", at: location(name))
        }
        program.locals.append(
            LocalDeclaration(
                name: text(name), valueClass: .OBJECT, initial: .word(ObjectWord.none), location: location(name)))
        try expect(.colon, "':' and the local's class")
        let valueClass = try valueClass()
        program.locals[entry.index].valueClass = valueClass
        program.locals[entry.index].initial = try initialValue(valueClass)
        try expectEndOfLine()
    }

    private mutating func initialValue(_ valueClass: UopClass) throws(Stop) -> InitialValue {
        guard skip(.equals) else {
            switch valueClass {
            case .RANGE: throw expected("'=' and a range, which this class cannot do without")
            case .I64, .F64: return .word(0)
            case .INT: return .word(ObjectWord.integer(0) ?? 0)
            case .FLOAT: return .word(ObjectWord.float(0))
            case .BOOL: return .word(ObjectWord.false)
            case .OBJECT, .NONE, .A, .B, .C, .PARAMETER, .RESULT: return .word(ObjectWord.none)
            }
        }
        if valueClass == .OBJECT || valueClass == .RANGE, token.kind == .name, matches(token, "range") {
            return try range()
        }
        if valueClass == .RANGE { throw expected("a range, such as range(0, 10, 1)") }
        return .word(try word(of: valueClass))
    }

    /// `range(STOP)`, `range(START, STOP)` or `range(START, STOP, STEP)`.
    private mutating func range() throws(Stop) -> InitialValue {
        advance()
        try expect(.openParenthesis, "'('")
        var numbers: [Int64] = []
        repeat {
            guard numbers.count < 3 else { throw expected("')' behind the range's step") }
            if numbers.count == 2, case .integer(let step) = integerOutcome(token), step.magnitude == 0 {
                throw fail("a range's step cannot be 0", at: location())
            }
            numbers.append(try integer(in: ObjectWord.smallIntegers, "an integer of a range"))
        } while skip(.comma)
        try expect(.closeParenthesis, "',' or ')'")
        return switch numbers.count {
        case 1: .range(start: 0, stop: numbers[0], step: 1)
        case 2: .range(start: numbers[0], stop: numbers[1], step: 1)
        default: .range(start: numbers[0], stop: numbers[1], step: numbers[2])
        }
    }

    /// The name of a class that a value may have.
    mutating func valueClass() throws(Stop) -> UopClass {
        let found = token
        if token.kind == .name, let valueClass = UopClass.concrete.first(where: { matches(found, $0.name) }) {
            advance()
            return valueClass
        }
        let names = UopClass.concrete.map(\.name)
        let nearest = token.kind == .name ? suggestion(for: quotable(token), among: names) : nil
        throw expected("a class", note: nearest ?? "the classes are \(names.joined(separator: ", "))")
    }

    /// `buffer NAME: ELEMENT[COUNT] [= { VALUES } | = "TEXT"]`
    mutating func parseBuffer() throws(Stop) {
        let name = try expect(.name, "the buffer's name")
        let source = lexer.source
        let entry = buffers.insert(source.span.extracting(name.start..<name.end))
        guard entry.isNew else { throw duplicate("buffer", name, line: program.buffers[entry.index].location.line) }
        // Until elements and count are known: a kind that is no buffer's, which fits every use.
        program.buffers.append(
            BufferDeclaration(name: text(name), element: .LABEL, count: 0, location: location(name)))
        try expect(.colon, "':' and the buffer's elements")
        let elements = UopOperandKind.bufferElements
        let found = token
        guard token.kind == .name, let element = elements.first(where: { matches(found, $0.elementName ?? "") }) else {
            throw expected("i8, i16, i32, i64 or f64")
        }
        advance()
        try expect(.openBracket, "'[' and the number of elements")
        let number = token
        let elementCount = try count("the number of elements")
        try reserve(elementCount, of: element.elementBytes ?? 1, at: number)
        program.buffers[entry.index].element = element
        program.buffers[entry.index].count = elementCount
        try expect(.closeBracket, "']'")
        if skip(.equals) {
            program.buffers[entry.index].initial = try initialElements(element, count: elementCount)
        }
        try expectEndOfLine()
    }

    private mutating func initialElements(_ element: UopOperandKind, count: Int) throws(Stop) -> [UInt64] {
        if element == .BUFFER_I8, token.kind == .string {
            let found = token
            let bytes = try string("a text")
            guard bytes.count <= count else {
                throw fail("this text has \(bytes.count) bytes, and the buffer \(count)", at: location(found))
            }
            return bytes.map(UInt64.init)
        }
        try expect(.openBrace, element == .BUFFER_I8 ? "'{' or a text" : "'{'")
        var words: [UInt64] = []
        if skip(.closeBrace) { return words }
        repeat {
            guard words.count < count else {
                throw fail("the buffer has \(count) elements, and this is one more", at: location())
            }
            words.append(try elementWord(element))
        } while skip(.comma)
        try expect(.closeBrace, "',' or '}'")
        return words
    }

    /// A literal for an element of a buffer: its bits, with zeros above them.
    mutating func elementWord(_ element: UopOperandKind) throws(Stop) -> UInt64 {
        switch element.elementBytes {
        case 8?: return element == .BUFFER_F64 ? try floatBits() : try integerWord()
        case let bytes?:
            // Signed or unsigned, as the writer sees it.
            let bits = Int64(bytes) * 8
            let value = try integer(in: -(1 << (bits - 1))...(1 << bits) - 1, "an \(element.elementName ?? "") element")
            return UInt64(bitPattern: value) & (1 << UInt64(bits) - 1)
        case nil: throw expected("an element of a buffer")
        }
    }

    /// Counts memory of buffers and the tape.
    private mutating func reserve(_ count: Int, of size: Int, at number: Token) throws(Stop) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        let (sum, carry) = memoryBytes.addingReportingOverflow(bytes)
        guard !overflow, !carry, sum <= limits.memoryBytes else {
            throw fail(
                "buffers and tape take more than \(limits.memoryBytes) bytes (--limit-memory-bytes)",
                at: location(number))
        }
        memoryBytes = sum
    }

    /// `tape CELLS [start CELL]`
    mutating func parseTape(_ keyword: Token) throws(Stop) {
        if let tape = program.tape {
            throw fail("the tape is already declared in line \(tape.location.line)", at: location(keyword))
        }
        var tape = TapeDeclaration(cells: 1, start: 0, location: location(keyword))
        program.tape = tape
        let number = token
        tape.cells = try count("the number of cells")
        guard tape.cells > 0 else { throw fail("a tape has at least one cell", at: location(number)) }
        try reserve(tape.cells, of: 1, at: number)
        if token.kind == .name, matches(token, "start") {
            advance()
            let start = token
            tape.start = try count("the number of a cell")
            guard tape.start < tape.cells else {
                throw fail(
                    "cell \(quotable(start)) is not on the tape: its last is \(tape.cells - 1)", at: location(start))
            }
        }
        program.tape = tape
        guard token.kind == .endOfLine else { throw expected("'start' or the end of the line") }
    }

    /// `helper NAME(CLASSES) [-> CLASS]`
    mutating func parseHelper() throws(Stop) {
        let name = try expect(.name, "the helper's name")
        let source = lexer.source
        let entry = helpers.insert(source.span.extracting(name.start..<name.end))
        guard entry.isNew else { throw duplicate("helper", name, line: program.helpers[entry.index].location.line) }
        program.helpers.append(
            HelperDeclaration(name: text(name), parameters: [], result: nil, location: location(name)))
        try expect(.openParenthesis, "'(' and the classes of the parameters")
        let limit = Int(UOP_MAX_INPUTS)
        program.helpers[entry.index].parameters = try classes { parser, count throws(Stop) in
            guard count < limit else {
                throw parser.fail("a helper has at most \(limit) parameters", at: parser.location())
            }
        }
        if skip(.arrow) { program.helpers[entry.index].result = try valueClass() }
        guard token.kind == .endOfLine else { throw expected("'->' and the result's class, or the end of the line") }
    }

    /// `CLASS, CLASS, ...)`, behind the parenthesis; before each, `check` gets how many there are.
    mutating func classes(_ check: (inout Parser, Int) throws(Stop) -> Void) throws(Stop) -> [UopClass] {
        var classes: [UopClass] = []
        if skip(.closeParenthesis) { return classes }
        repeat {
            try check(&self, classes.count)
            classes.append(try valueClass())
        } while skip(.comma)
        try expect(.closeParenthesis, "',' or ')'")
        return classes
    }

    /// `exit NAME [error "MESSAGE"]`
    mutating func parseExit() throws(Stop) {
        let name = try expect(.name, "the exit's name")
        try declareTarget(name, .exit(program.exits.count))
        let index = program.exits.count
        program.exits.append(ExitDeclaration(name: text(name), error: nil, location: location(name)))
        if token.kind == .name, matches(token, "error") {
            advance()
            program.exits[index].error = try textString("the error's message, a string")
        }
        guard token.kind == .endOfLine else { throw expected("'error' and a message, or the end of the line") }
    }

    /// Notes the name of an exit or a trace.
    mutating func declareTarget(_ name: Token, _ meaning: ExitTarget) throws(Stop) {
        let source = lexer.source
        let entry = targets.insert(source.span.extracting(name.start..<name.end))
        guard entry.isNew else {
            let what = if case .exit = targetMeanings[entry.index] { "exit" } else { "trace" }
            throw duplicate(what, name, line: targetLines[entry.index])
        }
        targetMeanings.append(meaning)
        targetLines.append(UInt32(clamping: lexer.line))
    }
}
