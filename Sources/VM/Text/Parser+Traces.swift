import CStencils

/// Traces: headers, labels, uops.
extension Parser {
    /// `trace NAME [(CLASSES)]`
    mutating func parseTraceHeader(_ keyword: Token) throws(Stop) {
        // Open at once: whatever is wrong in this line, uops follow.
        isInTrace = true
        trace = TraceDeclaration(name: "", location: location(keyword))
        labels.removeAll()
        values.removeAll()
        guard program.traces.count < limits.traces else {
            throw stop("more than \(limits.traces) traces (--limit-traces)", at: location(keyword))
        }
        let name = try expect(.name, "the trace's name")
        trace.name = text(name)
        trace.location = location(name)
        try declareTarget(name, .trace(program.traces.count))
        if skip(.openParenthesis) {
            let limit = limits.stack
            trace.entry = try classes { parser, count throws(Stop) in
                guard count < limit else {
                    throw parser.fail("more than \(limit) words on the stack (--limit-stack)", at: parser.location())
                }
            }
        }
        guard token.kind == .endOfLine else {
            throw expected("'(' and the classes on the stack, or the end of the line")
        }
    }

    /// A line of a trace: a label, a uop, or `end`.
    mutating func parseTraceLine() throws(Stop) {
        let first = token
        switch first.kind {
        case .name:
            advance()
            if token.kind == .colon {
                advance()
                try defineLabel(first)
                try expectEndOfLine()
            } else if matches(first, "end") {
                try expectEndOfLine()
                try closeTrace()
            } else {
                try parseUop(first, firstValueUse: trace.valueUses.count, resultCount: 0)
            }
        case .value:
            let start = trace.valueUses.count
            while token.kind == .value { try defineValue() }
            try expect(.equals, "'=' and a uop")
            let name = try expect(.name, "a uop")
            try parseUop(name, firstValueUse: start, resultCount: trace.valueUses.count - start)
        default: throw expected("a uop, a label or 'end'")
        }
    }

    private mutating func defineLabel(_ name: Token) throws(Stop) {
        let index = try mentionLabel(name)
        let line = labels.mentions[index].definition
        guard line == 0 else { throw duplicate("label", name, line: line) }
        labels.mentions[index].definition = UInt32(clamping: lexer.line)
        trace.statements.append(Statement(.label(index), location: location(name)))
    }

    private mutating func mentionLabel(_ name: Token) throws(Stop) -> Int {
        let source = lexer.source
        let entry = labels.mention(source.span.extracting(name.start..<name.end), at: location(name))
        if entry.isNew {
            labelCount += 1
            guard labelCount <= limits.labels else {
                throw stop("more than \(limits.labels) labels (--limit-labels)", at: location(name))
            }
            trace.labels.append(text(name))
        }
        return entry.index
    }

    /// A named value in front of `=`.
    private mutating func defineValue() throws(Stop) {
        let name = token
        let index = try useValue()
        let line = values.mentions[index].definition
        guard line == 0 else { throw duplicate("value", name, line: line) }
        values.mentions[index].definition = UInt32(clamping: lexer.line)
    }

    /// A named value: noted in the trace, and its index.
    @discardableResult
    private mutating func useValue() throws(Stop) -> Int {
        let source = lexer.source
        let place = location()
        let entry = values.mention(source.span.extracting(token.start + 1..<token.end), at: place)
        if entry.isNew {
            guard trace.values.count < limits.values else {
                throw stop("more than \(limits.values) named values in a trace (--limit-values)", at: place)
            }
            trace.values.append(String(decoding: source[token.start + 1..<token.end], as: UTF8.self))
        }
        trace.valueUses.append(ValueUse(value: entry.index, location: place))
        advance()
        return entry.index
    }

    /// What stands behind a uop's name: operands, arguments, target.
    private mutating func parseUop(_ name: Token, firstValueUse: Int, resultCount: Int) throws(Stop) {
        guard let uop = catalog.number(ofName: lexer.source.span.extracting(name.start..<name.end)) else {
            try parseStrayName(name)
            return
        }
        let flags = catalog.uops[uop].flags
        if flags.contains(.internal) {
            throw fail(
                "\(quote(name)) is internal: the compiler inserts it, and it cannot stand in text", at: location(name))
        }
        uopCount += 1
        guard uopCount <= limits.uops else {
            throw stop("more than \(limits.uops) uops (--limit-uops)", at: location(name))
        }
        var statement = Statement(.uop(uop), location: location(name))
        let operandCount = catalog.uops[uop].operands.count
        if operandCount > 0 {
            statement.firstOperand = UInt32(truncatingIfNeeded: trace.operands.count)
            statement.operandCount = UInt8(clamping: operandCount)
            for index in 0..<operandCount {
                place = (uop, index)
                let operandLocation = location()
                let word = try operand(catalog.uops[uop].operands[index])
                trace.operands.append(Operand(word: word, location: operandLocation))
            }
            place = nil
        }
        let firstArgument = trace.valueUses.count
        while token.kind == .value { try useValue() }
        let argumentCount = trace.valueUses.count - firstArgument
        if resultCount > 0 || argumentCount > 0 {
            try checkCounts(name, uop, results: resultCount, arguments: argumentCount)
            statement.firstValueUse = UInt32(truncatingIfNeeded: firstValueUse)
            statement.resultCount = UInt8(clamping: resultCount)
            statement.argumentCount = UInt8(clamping: argumentCount)
        }
        if token.kind == .arrow {
            guard flags.contains(.exits) else {
                throw fail("\(quote(name)) never exits, so that '->' has no meaning", at: location())
            }
            advance()
            statement.exit = try exitTarget()
        }
        // In front of the last check: a pending target counts on its statement.
        trace.statements.append(statement)
        guard token.kind == .endOfLine else {
            let takesNothing = catalog.uops[uop].operands.isEmpty && token.kind != .unknown
            throw expected(
                "the end of the line",
                note: takesNothing ? "\(quote(name)) takes no operands; values are written %name" : nil)
        }
    }

    /// All inputs are named or none, all outputs are named or none.
    private mutating func checkCounts(_ name: Token, _ uop: Int, results: Int, arguments: Int) throws(Stop) {
        let (inputs, outputs) = (catalog.uops[uop].inputs.count, catalog.uops[uop].outputs.count)
        guard results == 0 || results == outputs else {
            throw fail(
                "\(quote(name)) has \(counted(outputs, "output")), and \(counted(results, "name")) in front of '='",
                at: location(name), note: "all outputs are named, or none")
        }
        guard arguments == 0 || arguments == inputs else {
            throw fail(
                "\(quote(name)) has \(counted(inputs, "input")), and \(counted(arguments, "value")) behind it",
                at: location(name), note: "all inputs are named, or none")
        }
    }

    /// "no inputs", "1 input", "2 inputs".
    private func counted(_ count: Int, _ noun: String) -> String {
        "\(count == 0 ? "no" : String(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// One immediate operand, as its word.
    private mutating func operand(_ kind: UopOperandKind) throws(Stop) -> UInt64 {
        switch kind {
        case .IMM_I64: return try integerWord()
        case .IMM_F64: return try floatBits()
        case .IMM_OBJECT: return try objectWord()
        // 31 bits: such a number fits in every form of a stencil.
        case .IMM_INDEX: return UInt64(bitPattern: try integer(in: 0...Int64(Int32.max), "an index"))
        // A displacement in an instruction.
        case .CELL: return UInt64(bitPattern: try integer(in: Int64(Int32.min)...Int64(Int32.max), "a cell's distance"))
        case .LOCAL_READ, .LOCAL_WRITE: return UInt64(truncatingIfNeeded: try local())
        case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64:
            return UInt64(truncatingIfNeeded: try buffer(kind))
        case .HELPER: return UInt64(truncatingIfNeeded: try helper())
        case .LABEL:
            let name = try expect(.name, "a label")
            return UInt64(truncatingIfNeeded: try mentionLabel(name))
        }
    }

    /// The name behind `->`: an exit or a trace, known already or pending.
    private mutating func exitTarget() throws(Stop) -> ExitTarget {
        let name = try expect(.name, "an exit or a trace")
        if let index = targets.find(lexer.source.span.extracting(name.start..<name.end)) {
            return targetMeanings[index]
        }
        pendingTargets.append(
            PendingTarget(
                trace: program.traces.count, statement: trace.statements.count, name: name, location: location(name)))
        return .implicit
    }

    /// A name in a trace that is no uop: a declaration, an unclosed trace, or a typing error.
    private mutating func parseStrayName(_ name: Token) throws(Stop) {
        guard let keyword = Keyword(rawValue: text(name)) else {
            let visible = catalog.uops.lazy.filter { !$0.flags.contains(.internal) }.map(\.name)
            throw fail(
                "no uop is named \(quote(name))", at: location(name),
                note: suggestion(for: quotable(name), among: visible))
        }
        switch keyword {
        case .trace, .expect, .uops:
            try report("\(quote(name)) inside of trace '\(clip(trace.name))': its 'end' is missing", at: location(name))
            try closeTrace()
        case .local, .buffer, .tape, .helper, .exit:
            try report(
                "\(quote(name)) inside of trace '\(clip(trace.name))': declarations stand outside of traces",
                at: location(name))
        }
        // Read it all the same, so that what it declares is known.
        token = name
        lexer.goBack(behind: name)
        try parseDeclaration(keyword)
    }

    /// Ends the trace: every label and value that was mentioned must have been defined.
    mutating func closeTrace() throws(Stop) {
        isInTrace = false
        let finished = trace
        trace = TraceDeclaration(name: "")
        program.traces.append(finished)
        try reportUndefined("label", labels, finished.labels, sigil: "")
        try reportUndefined("value", values, finished.values, sigil: "%")
    }

    private mutating func reportUndefined(
        _ what: String, _ scope: Scope, _ names: [String], sigil: String
    ) throws(Stop) {
        for (index, mention) in scope.mentions.enumerated() where mention.definition == 0 {
            let name = clip(names[index])
            let defined = names.indices.lazy.filter { scope.mentions[$0].definition != 0 }.map { names[$0] }
            let note = nearestName(to: name, among: defined.prefix(2000)).map { "did you mean '\(sigil)\($0)'?" }
            try report("no \(what) of this trace is named '\(sigil)\(name)'", at: mention.location, note: note)
        }
    }
}
