import CStencils

extension Program {
    /// The program as a `.uops` file (docs/format.md), in the one canonical form: parsing it gives
    /// this program again.
    ///
    /// A program that no verifier would pass is printed too, so that it can be looked at: an index
    /// that leads nowhere is shown as `<local 7>`, which no parser takes.
    ///
    /// - Parameter catalog: The catalog that the numbers of the uops come from.
    public func text(catalog: UopCatalog) -> String {
        var printer = Printer(program: self, catalog: catalog)
        printer.printProgram()
        return printer.out
    }
}

/// One run over one program.
struct Printer {
    let program: Program
    let catalog: UopCatalog
    var out = "uops 1\n"

    mutating func printProgram() {
        let counts = [
            program.locals.count, program.buffers.count, program.tape == nil ? 0 : 1, program.helpers.count,
            program.exits.count,
        ]
        if counts.contains(where: { $0 > 0 }) { out += "\n" }
        for local in program.locals { printLocal(local) }
        for buffer in program.buffers { printBuffer(buffer) }
        if let tape = program.tape {
            out += "tape \(tape.cells)"
            if tape.start != 0 { out += " start \(tape.start)" }
            out += "\n"
        }
        for helper in program.helpers {
            out += "helper \(helper.name)(\(helper.parameters.map(\.name).joined(separator: ", ")))"
            if let result = helper.result { out += " -> \(result.name)" }
            out += "\n"
        }
        for exit in program.exits {
            out += "exit \(exit.name)"
            if let error = exit.error {
                out += " error "
                printString(Array(error.utf8))
            }
            out += "\n"
        }
        for trace in program.traces { printTrace(trace) }
        if !program.expectations.isEmpty { out += "\n" }
        for expectation in program.expectations { printExpectation(expectation.kind) }
    }

    private mutating func printLocal(_ local: LocalDeclaration) {
        out += "local \(local.name): \(local.valueClass.name) = "
        switch local.initial {
        case .word(let word): printWord(word, of: local.valueClass)
        case .range(let start, let stop, let step):
            let numbers = [start, stop, step].map { Self.integer($0, isPattern: false) }
            out += "range(\(numbers.joined(separator: ", ")))"
        }
        out += "\n"
    }

    private mutating func printBuffer(_ buffer: BufferDeclaration) {
        out += "buffer \(buffer.name): \(buffer.element.elementName ?? "<no element>")[\(buffer.count)]"
        if !buffer.initial.isEmpty {
            out += " = "
            if buffer.element == .BUFFER_I8, buffer.initial.allSatisfy(Self.isTextByte) {
                printString(buffer.initial.map { UInt8(truncatingIfNeeded: $0) })
            } else {
                out += "{ "
                for (index, word) in buffer.initial.enumerated() {
                    if index > 0 { out += ", " }
                    printElement(word, of: buffer.element)
                }
                out += " }"
            }
        }
        out += "\n"
    }

    /// Bytes that people read as text: a buffer of nothing else is printed as a string.
    private static func isTextByte(_ word: UInt64) -> Bool { (0x20...0x7E).contains(word) || word == 0x0A }

    private mutating func printTrace(_ trace: TraceDeclaration) {
        out += "\ntrace \(trace.name)"
        if !trace.entry.isEmpty { out += "(\(trace.entry.map(\.name).joined(separator: ", ")))" }
        out += "\n"
        for statement in trace.statements {
            switch statement.kind {
            case .label(let label): out += "\(Self.name(label, trace.labels, "label")):\n"
            case .uop(let uop): printUop(uop, statement, trace)
            }
        }
        out += "end\n"
    }

    private mutating func printUop(_ uop: Int, _ statement: Statement, _ trace: TraceDeclaration) {
        out += "    "
        let results = Int(statement.resultCount)
        for index in 0..<results { out += "\(value(index, statement, trace)) " }
        if results > 0 { out += "= " }
        let isKnown = catalog.uops.indices.contains(uop)
        out += isKnown ? catalog.uops[uop].name : "<uop \(uop)>"
        for index in 0..<Int(statement.operandCount) {
            out += " "
            let place = Int(statement.firstOperand) + index
            guard isKnown, index < catalog.uops[uop].operands.count, place < trace.operands.count else {
                out += "<operand \(place)>"
                continue
            }
            printOperand(trace.operands[place].word, catalog.uops[uop].operands[index], trace)
        }
        for index in 0..<Int(statement.argumentCount) { out += " \(value(results + index, statement, trace))" }
        switch statement.exit {
        case .implicit: break
        case .exit(let exit): out += " -> \(Self.name(exit, program.exits.lazy.map(\.name), "exit"))"
        case .trace(let target): out += " -> \(Self.name(target, program.traces.lazy.map(\.name), "trace"))"
        }
        out += "\n"
    }

    /// The named value at a place of the statement.
    private func value(_ index: Int, _ statement: Statement, _ trace: TraceDeclaration) -> String {
        let place = Int(statement.firstValueUse) + index
        guard place < trace.valueUses.count else { return "<value use \(place)>" }
        return "%" + Self.name(trace.valueUses[place].value, trace.values, "value")
    }

    private mutating func printOperand(_ word: UInt64, _ kind: UopOperandKind, _ trace: TraceDeclaration) {
        let index = Int(truncatingIfNeeded: word)
        switch kind {
        case .IMM_I64, .CELL: out += Self.integer(Int64(bitPattern: word))
        case .IMM_F64: out += Self.float(word)
        case .IMM_OBJECT: printWord(word, of: .OBJECT)
        case .IMM_INDEX: out += "\(word)"
        case .LOCAL_READ, .LOCAL_WRITE: out += Self.name(index, program.locals.lazy.map(\.name), "local")
        case .BUFFER_I8, .BUFFER_I16, .BUFFER_I32, .BUFFER_I64, .BUFFER_F64:
            out += Self.name(index, program.buffers.lazy.map(\.name), "buffer")
        case .HELPER: out += Self.name(index, program.helpers.lazy.map(\.name), "helper")
        case .LABEL: out += Self.name(index, trace.labels, "label")
        }
    }

    private mutating func printExpectation(_ kind: Expectation.Kind) {
        switch kind {
        case .local(let index, let word):
            out += "expect local \(Self.name(index, program.locals.lazy.map(\.name), "local")) = "
            printWord(word, of: program.locals.indices.contains(index) ? program.locals[index].valueClass : .OBJECT)
        case .element(let index, let element, let word):
            out += "expect buffer \(Self.name(index, program.buffers.lazy.map(\.name), "buffer"))[\(element)] = "
            let isKnown = program.buffers.indices.contains(index)
            printElement(word, of: isKnown ? program.buffers[index].element : .BUFFER_I64)
        case .exit(let index):
            out += "expect exit \(Self.name(index, program.exits.lazy.map(\.name), "exit"))"
        case .output(let bytes):
            out += "expect output "
            printString(bytes)
        }
        out += "\n"
    }

    private static func name(_ index: Int, _ names: some RandomAccessCollection<String>, _ what: String) -> String {
        guard index >= 0, index < names.count else { return "<\(what) \(index)>" }
        return names[names.index(names.startIndex, offsetBy: index)]
    }
}
