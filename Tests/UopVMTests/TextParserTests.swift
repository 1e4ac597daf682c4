import CStencils
import Testing

@testable import UopVM

/// What a text means, once it is a program.
struct TextParserTests {
    @Test(arguments: TextSamples.all)
    func samplesParseAndRoundTrip(text: String) throws {
        let program = try parse(text)
        #expect(try parse(print(program)) == program)
    }

    @Test func declarations() throws {
        let program = try parse(TextSamples.everything)
        #expect(program.locals.map(\.name) == ["a", "it", "o", "f"])
        #expect(program.locals.map(\.valueClass) == [.I64, .OBJECT, .OBJECT, .F64])
        #expect(
            program.locals.map(\.initial) == [
                .word(0), .range(start: 0, stop: 30, step: 1), .word(1.5.bitPattern), .word(0x7ff8_0000_0000_0001),
            ])
        let flags = program.buffers[0]
        #expect(flags.element == .BUFFER_I8 && flags.count == 1000)
        #expect(flags.initial == [0x74, 0x65, 0x78, 0x74, 0, 1])
        #expect(program.buffers[1].initial == [1, UInt64.max - 1, UInt64.max, 99])
        #expect(program.tape == TapeDeclaration(cells: 30000, start: 100))
        #expect(
            program.helpers == [
                HelperDeclaration(name: "print_i64", parameters: [.I64], result: nil),
                HelperDeclaration(name: "hypotenuse", parameters: [.F64, .F64], result: .F64),
            ])
        #expect(program.exits.map(\.error) == [nil, "the sum does not fit: Ω \"50 bits\""])
        #expect(program.traces.map(\.entry) == [[], [.I64, .OBJECT]])
        #expect(
            program.expectations.map(\.kind) == [
                .local(0, 832040), .local(3, 0x7ff8_0000_0000_0000), .element(0, 3, 0x74), .exit(0),
                .output(Array("Hello\n".utf8) + [0xFF]),
            ])
    }

    @Test func statements() throws {
        let trace = try parse(TextSamples.everything).traces[0]
        var expected: [Statement] = []
        func add(_ name: String, operands: [UInt64] = [], exit: ExitTarget = .implicit) throws {
            var statement = Statement(.uop(try uop(name)))
            if !operands.isEmpty {
                statement.firstOperand = UInt32(expected.map { Int($0.operandCount) }.reduce(0, +))
                statement.operandCount = UInt8(operands.count)
            }
            statement.exit = exit
            expected.append(statement)
        }
        try add("_LOAD_FAST", operands: [0])
        try add("_STORE_FAST", operands: [0])
        try add("_I64_CONST", operands: [42])
        try add("_GUARD_TRUE", exit: .exit(1))
        expected.append(Statement(.label(0)))
        try add("_POP_JUMP_IF_TRUE", operands: [0])
        try add("_F64_CONST", operands: [(-0.1875).bitPattern])
        try add("_LOAD_CONST", operands: [ObjectWord.none])
        try add("_SET_IP", operands: [17])
        try add("_GUARD_TRUE", exit: .trace(1))
        try add("_MEM_LOAD_I8", operands: [0], exit: .exit(1))
        try add("_CALL_1", operands: [0])
        try add("_EXIT_TRACE", exit: .exit(0))
        #expect(trace.statements == expected)
        #expect(trace.operands.map(\.word) == [0, 0, 42, 0, (-0.1875).bitPattern, ObjectWord.none, 17, 0, 0])
        #expect(trace.labels == ["again"] && trace.values.isEmpty && trace.valueUses.isEmpty)
    }

    @Test func valuesAreNumberedByFirstMention() throws {
        let trace = try parse(TextSamples.everything).traces[1]
        #expect(trace.values == ["x", "y", "q", "r"])
        #expect(trace.valueUses.map(\.value) == [0, 1, 1, 2, 3, 0, 0, 1])
        #expect(trace.statements.map(\.firstValueUse) == [0, 3, 7, 0])
        #expect(trace.statements.map(\.resultCount) == [1, 2, 1, 0])
        #expect(trace.statements.map(\.argumentCount) == [2, 2, 0, 0])
    }

    @Test func labelsAreNumberedByFirstMention() throws {
        let trace = try parse("uops 1\ntrace t\n_JUMP later\nfirst:\nlater:\n_JUMP first\nend").traces[0]
        #expect(trace.labels == ["later", "first"])
        #expect(trace.statements[1].kind == .label(1) && trace.operands.map(\.word) == [0, 1])
    }

    /// Equality does not see locations: they are compared field by field.
    @Test func locations() throws {
        let program = try parse(
            "uops 1\nexit e # c\n\ntrace t\r\n\tx:\n  %v = _I64_ADD_CONST 0x10 %v -> e".dropLast(5) + "\nend")
        func place(_ location: UopVM.SourceLocation) -> [UInt32] { [location.line, location.column, location.length] }
        let trace = program.traces[0]
        #expect(place(program.exits[0].location) == [2, 6, 1])
        #expect(place(trace.location) == [4, 7, 1])
        #expect(place(trace.statements[0].location) == [5, 2, 1])
        #expect(place(trace.statements[1].location) == [6, 8, 14])
        #expect(place(trace.operands[0].location) == [6, 23, 4])
        #expect(place(trace.valueUses[0].location) == [6, 3, 2])
        #expect(place(trace.valueUses[1].location) == [6, 28, 2])
    }

    @Test(arguments: [
        "uops 1", "\n\n# c\n  uops 1", "uops 1 # c", "uops\t1\r\n", "uops 1\n#", "uops 1\n\n\n", "uops 0x1",
        "uops 1\n# \u{7} Ünicode \r here is fine", "uops 1\ntrace main()\nend", "uops 1\ntrace main\nend:\nend",
        "uops 1\nlocal local: i64\nlocal end: i64\nexit exit\ntrace trace\n_LOAD_FAST local\nend",
        "uops 1\nlocal a:i64=1\nbuffer b:i8[2]={1,2}\ntrace t(i64,f64)\nend\nexpect buffer b[0]=1",
        "uops 1\nlocal x: i64\nbuffer x: i8[1]\nhelper x(i64)\nexit x\ntrace t\nx:\n%x = _LOAD_FAST x\nend",
        "uops 1\ntrace a\nx:\n%v = _I64_CONST 1\nend\ntrace b\nx:\n%v = _I64_CONST 1\nend",
        "uops 1\nbuffer b: i64[0] = {}\nbuffer c: i8[0] = \"\"",
        "uops 1\nexit e error \"#\\\"#\"\nexpect exit e", "uops 1\ntape 1 start 0",
        "uops 1\nlocal Aa_.9: i64\nlocal _: i64",
    ])
    func thisIsRight(text: String) throws {
        let program = try parse(text)
        #expect(try parse(print(program)) == program)
    }

    @Test func lineEndsAndBlanksDoNotMatter() throws {
        let plain = try parse(TextSamples.fibonacci)
        let text = TextSamples.fibonacci
        #expect(try parse(text.split(separator: "\n").joined(separator: "\r\n")) == plain)
        #expect(try parse(text.split(separator: "\n").joined(separator: "  # c\n\n\t")) == plain)
        #expect(try parse(text.split(separator: " ").joined(separator: " \t ")) == plain)
    }
}
