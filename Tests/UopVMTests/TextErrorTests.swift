import Testing

@testable import UopVM

/// A text with one error: where it is, and words of its message and note.
struct ErrorRow: CustomTestStringConvertible, Sendable {
    let text: String
    let line: UInt32
    let column: UInt32
    let length: UInt32
    let message: String
    let note: String?
    var testDescription: String { "\(line):\(column) \(message)" }

    /// `text` without its version line: what is said to be in line 2 is its first.
    init(_ text: String, _ place: (UInt32, UInt32, UInt32), _ message: String, note: String? = nil) {
        self.text = "uops 1\n" + text
        (line, column, length) = place
        self.message = message
        self.note = note
    }

    /// Lines of a trace, the first of which is line 10; the error is `lineOffset` lines below.
    init(
        uop: String, _ column: UInt32, _ length: UInt32, _ message: String, note: String? = nil,
        lineOffset: UInt32 = 0
    ) {
        let declarations = """
            local a: i64
            local counter: object
            buffer bytes: i8[4]
            buffer words: i64[4]
            helper host(i64)
            exit done
            exit failed error "it failed"
            trace main

            """
        self.init(declarations + uop + "\nend\n", (10 + lineOffset, column, length), message, note: note)
    }

    func check(_ diagnostics: [Diagnostic]) {
        guard let found = diagnostics.first else {
            Issue.record("no error in: \(text)")
            return
        }
        #expect(diagnostics.count == 1, "\(diagnostics)")
        #expect(
            found.location.line == line && found.location.column == column && found.location.length == length,
            "\(found) with length \(found.location.length)")
        #expect(found.message.contains(message), "\(found.message)")
        if let note {
            #expect(found.note?.contains(note) == true, "\(found.note ?? "no note")")
        }
    }
}

struct TextErrorTests {
    @Test(
        arguments: [
            ("", 1, 1, "expected 'uops 1', the version of the format, found the end of the file"),
            ("# only\n\n", 3, 1, "found the end of the file"),
            ("local a: i64", 1, 1, "expected 'uops 1', the version of the format, found 'local'"),
            ("\u{FEFF}uops 1", 1, 1, "found byte 0xEF"), ("++", 1, 1, "found '+'"),
            ("uops", 1, 5, "expected the version of the format, 1, found the end of the file"),
            ("uops one", 1, 6, "found 'one'"), ("uops 2", 1, 6, "version '2' of the format is unknown"),
            ("uops 99999999999999999999", 1, 6, "expected the version"),
            ("uops 1 2", 1, 8, "expected the end of the line, found '2'"),
        ] as [(String, UInt32, UInt32, String)])
    func version(text: String, line: UInt32, column: UInt32, message: String) throws {
        let found = diagnostics(of: text)
        #expect(found.count == 1)
        let first = try #require(found.first)
        #expect(first.location.line == line && first.location.column == column, "\(first)")
        #expect(first.message.contains(message), "\(first)")
    }

    static let topLevel: [ErrorRow] = [
        ErrorRow("uops 1", (2, 1, 4), "the version stands in the first line only"),
        ErrorRow(
            "lokal a: i64", (2, 1, 5), "expected a declaration, 'trace' or 'expect', found 'lokal'", note: "'local'"),
        ErrorRow("end", (2, 1, 3), "found 'end'", note: "no trace is open"),
        ErrorRow("_LOAD_FAST a", (2, 1, 10), "found '_LOAD_FAST'", note: "between 'trace' and 'end'"),
        ErrorRow("42", (2, 1, 2), "found '42'"), ErrorRow("%x", (2, 1, 2), "found '%x'"),
        ErrorRow("%", (2, 1, 1), "found '%'"), ErrorRow("\u{1}", (2, 1, 1), "found byte 0x01"),
        ErrorRow("\rlocal", (2, 1, 1), "found byte 0x0D"), ErrorRow("é", (2, 1, 2), "found byte 0xC3"),
        ErrorRow("exit é", (2, 6, 2), "found byte 0xC3", note: "outside of ASCII"),
        ErrorRow("trace main\n_NOP", (2, 7, 4), "trace 'main' has no 'end'"),
    ]

    static let declarations: [ErrorRow] = [
        ErrorRow("local", (2, 6, 1), "expected the local's name, found the end of the file"),
        ErrorRow("local 1: i64", (2, 7, 1), "expected the local's name, found '1'"),
        ErrorRow("local a i64", (2, 9, 3), "expected ':' and the local's class, found 'i64'"),
        ErrorRow("local a: i65", (2, 10, 3), "expected a class, found 'i65'", note: "did you mean 'i64'?"),
        ErrorRow("local a: A", (2, 10, 1), "expected a class, found 'A'", note: "i64, f64, object, int, float"),
        ErrorRow("local a: i64 1", (2, 14, 1), "expected the end of the line, found '1'"),
        ErrorRow("local a: i64\n\nlocal a: f64", (4, 7, 1), "local 'a' is already declared in line 2"),
        ErrorRow("local a: range", (2, 15, 1), "which this class cannot do without"),
        ErrorRow("local a: range = 5", (2, 18, 1), "expected a range, such as range(0, 10, 1), found '5'"),
        ErrorRow("local a: object = range(1, 2, 0)", (2, 31, 1), "a range's step cannot be 0"),
        ErrorRow("local a: object = range()", (2, 25, 1), "expected an integer of a range, found ')'"),
        ErrorRow("local a: object = range(1, 2, 3, 4)", (2, 34, 1), "expected ')' behind the range's step"),
        ErrorRow("local a: object = range(1", (2, 26, 1), "expected ',' or ')'"),
        ErrorRow("local a: range = range(562949953421312)", (2, 24, 15), "is out of range"),
        ErrorRow("local a: i64 = range(1)", (2, 16, 5), "expected an integer, found 'range'"),
        ErrorRow("local a: bool = true", (2, 17, 4), "expected True or False, found 'true'"),
        ErrorRow("local a: none = 0", (2, 17, 1), "expected None, found '0'"),
        ErrorRow("local a: int = 1.5", (2, 16, 3), "expected an integer, found '1.5'"),
        ErrorRow("local a: object = none", (2, 19, 4), "expected an object", note: "did you mean 'None'?"),
        ErrorRow("buffer", (2, 7, 1), "expected the buffer's name"),
        ErrorRow("buffer b: i9[3]", (2, 11, 2), "expected i8, i16, i32, i64 or f64, found 'i9'"),
        ErrorRow("buffer b: i8 3", (2, 14, 1), "expected '[' and the number of elements"),
        ErrorRow("buffer b: i8[-1]", (2, 14, 2), "'-1' is out of range: the number of elements"),
        ErrorRow("buffer b: i8[3", (2, 15, 1), "expected ']'"),
        ErrorRow("buffer b: i8[1]\nbuffer b: i8[1]", (3, 8, 1), "buffer 'b' is already declared in line 2"),
        ErrorRow("buffer b: i8[2] = \"abc\"", (2, 19, 5), "this text has 3 bytes, and the buffer 2"),
        ErrorRow("buffer b: i16[9] = \"abc\"", (2, 20, 5), "expected '{', found '\"abc\"'"),
        ErrorRow("buffer b: i8[9] = 1", (2, 19, 1), "expected '{' or a text, found '1'"),
        ErrorRow("buffer b: i8[1] = { 1, 2 }", (2, 24, 1), "the buffer has 1 elements, and this is one more"),
        ErrorRow("buffer b: i8[9] = { 1, }", (2, 24, 1), "expected an i8 element, found '}'"),
        ErrorRow("buffer b: i8[9] = { 1 2 }", (2, 23, 1), "expected ',' or '}', found '2'"),
        ErrorRow("buffer b: i8[9] = { 256 }", (2, 21, 3), "an i8 element goes from -128 to 255"),
        ErrorRow("buffer b: i16[9] = { -32769 }", (2, 22, 6), "an i16 element goes from -32768 to 65535"),
        ErrorRow("buffer b: i32[9] = { 4294967296 }", (2, 22, 10), "an i32 element goes from"),
        ErrorRow("buffer b: i8[x]\nexpect buffer b[1] = 5", (2, 14, 1), "expected the number of elements, found 'x'"),
        ErrorRow("tape", (2, 5, 1), "expected the number of cells"),
        ErrorRow("tape 0", (2, 6, 1), "a tape has at least one cell"),
        ErrorRow("tape 5 begin 1", (2, 8, 5), "expected 'start' or the end of the line, found 'begin'"),
        ErrorRow("tape 5 start 5", (2, 14, 1), "cell 5 is not on the tape: its last is 4"),
        ErrorRow("tape 5\ntape 6", (3, 1, 4), "the tape is already declared in line 2"),
        ErrorRow("helper h", (2, 9, 1), "expected '(' and the classes of the parameters"),
        ErrorRow("helper h(i64, )", (2, 15, 1), "expected a class, found ')'"),
        ErrorRow("helper h(i64 f64)", (2, 14, 3), "expected ',' or ')'"),
        ErrorRow("helper h(i64, i64, i64, i64)", (2, 25, 3), "a helper has at most 3 parameters"),
        ErrorRow("helper h() -> void", (2, 15, 4), "expected a class, found 'void'"),
        ErrorRow("helper h()\nhelper h()", (3, 8, 1), "helper 'h' is already declared in line 2"),
        ErrorRow("helper h() i64", (2, 12, 3), "expected '->' and the result's class"),
        ErrorRow("exit", (2, 5, 1), "expected the exit's name"),
        ErrorRow("exit e eror", (2, 8, 4), "expected 'error' and a message, or the end of the line, found 'eror'"),
        ErrorRow("exit e error 5", (2, 14, 1), "expected the error's message, a string, found '5'"),
        ErrorRow("exit e\nexit e", (3, 6, 1), "exit 'e' is already declared in line 2"),
        ErrorRow("trace e\nend\nexit e", (4, 6, 1), "trace 'e' is already declared in line 2"),
        ErrorRow("exit e\ntrace e\nend", (3, 7, 1), "exit 'e' is already declared in line 2"),
        ErrorRow("trace\nend", (2, 6, 1), "expected the trace's name"),
        ErrorRow("trace t i64\nend", (2, 9, 3), "expected '(' and the classes on the stack"),
        ErrorRow("trace t(i46)\nend", (2, 9, 3), "expected a class", note: "i64"),
    ]

    static let strings: [ErrorRow] = [
        ErrorRow("exit e error \"abc", (2, 14, 4), "a quote that is not closed in its line"),
        ErrorRow("exit e error \"abc\\\"\r\n", (2, 14, 6), "a quote that is not closed in its line"),
        ErrorRow(#"exit e error "a\qb""#, (2, 16, 2), "this escape is unknown", note: #"\n \t"#),
        ErrorRow(#"exit e error "a\x1""#, (2, 16, 3), #"'\x' needs two hexadecimal digits"#),
        ErrorRow(#"exit e error "a\xg0""#, (2, 16, 4), #"'\x' needs two hexadecimal digits"#),
        ErrorRow(#"exit e error "\xff""#, (2, 14, 6), "this text is not UTF-8"),
        ErrorRow("expect output 5", (2, 15, 1), "expected the output, a string, found '5'"),
    ]

    static let uops: [ErrorRow] = [
        ErrorRow(uop: "_LOAD_FASTT a", 1, 11, "no uop is named '_LOAD_FASTT'", note: "did you mean '_LOAD_FAST'?"),
        ErrorRow(uop: " _SPILL", 2, 6, "'_SPILL' is internal: the compiler inserts it"),
        ErrorRow(uop: "_SPIL", 1, 5, "no uop is named '_SPIL'"),
        ErrorRow(uop: "42", 1, 2, "expected a uop, a label or 'end', found '42'"),
        ErrorRow(uop: "%x _NOP", 4, 4, "expected '=' and a uop, found '_NOP'"),
        ErrorRow(uop: "%x = 5", 6, 1, "expected a uop, found '5'"),
        ErrorRow(uop: "%x = a:", 6, 1, "no uop is named 'a'"),
        ErrorRow(uop: "_LOAD_FAST", 11, 1, "expected a local as operand 1 of '_LOAD_FAST', found the end of the line"),
        ErrorRow(uop: "_LOAD_FAST 5", 12, 1, "expected a local as operand 1 of '_LOAD_FAST', found '5'"),
        ErrorRow(uop: "_LOAD_FAST countr", 12, 6, "no local is named 'countr'", note: "did you mean 'counter'?"),
        ErrorRow(
            uop: "_LOAD_FAST zzz", 12, 3, "no local is named 'zzz'", note: "declare it before its use: local zzz: i64"),
        ErrorRow(uop: "_COPY_FAST a", 13, 1, "expected a local as operand 2 of '_COPY_FAST'"),
        ErrorRow(
            uop: "_MEM_LOAD_I8 words", 14, 5, "expected an i8 buffer",
            note: "'words' is an i64 buffer, declared in line 5"),
        ErrorRow(uop: "_MEM_LOAD_I8 byte", 14, 4, "no buffer is named 'byte'", note: "did you mean 'bytes'?"),
        ErrorRow(uop: "_CALL_1 hst", 9, 3, "no helper is named 'hst'", note: "did you mean 'host'?"),
        ErrorRow(uop: "_CALL_1 \"x\"", 9, 3, "expected a helper as operand 1"),
        ErrorRow(uop: "_JUMP 5", 7, 1, "expected a label as operand 1 of '_JUMP', found '5'"),
        ErrorRow(
            uop: "_JUMP agan\nagain:", 7, 4, "no label of this trace is named 'agan'", note: "did you mean 'again'?"),
        ErrorRow(uop: "again:\n_NOP\nagain:", 1, 5, "label 'again' is already declared in line 10", lineOffset: 2),
        ErrorRow(uop: "_JUMP nowhere", 7, 7, "no label of this trace is named 'nowhere'"),
        ErrorRow(uop: "x: _NOP", 4, 4, "expected the end of the line, found '_NOP'"),
        ErrorRow(uop: "_NOP 5", 6, 1, "expected the end of the line, found '5'", note: "'_NOP' takes no operands"),
        ErrorRow(uop: "_NOP -> done", 6, 2, "'_NOP' never exits, so that '->' has no meaning"),
        ErrorRow(uop: "_GUARD_TRUE ->", 15, 1, "expected an exit or a trace, found the end of the line"),
        ErrorRow(
            uop: "_GUARD_TRUE -> faild", 16, 5, "no exit or trace is named 'faild'", note: "did you mean 'failed'?"),
        ErrorRow(uop: "_GUARD_TRUE -> qqqqqq", 16, 6, "no exit or trace is named", note: "declare it: exit qqqqqq"),
        ErrorRow(uop: "_GUARD_TRUE -> done done", 21, 4, "expected the end of the line"),
        ErrorRow(uop: "%b = _I64_CONST 1\n_I64_ADD %b", 1, 8, "'_I64_ADD' has 2 inputs, and 1 value", lineOffset: 1),
        ErrorRow(
            uop: "_GUARD_TRUE %bb\n%b = _I64_CONST 1", 13, 3, "no value of this trace is named '%bb'", note: "'%b'"),
        ErrorRow(uop: "%v = _SWAP", 6, 5, "'_SWAP' has 2 outputs, and 1 name", note: "all outputs are named, or none"),
        ErrorRow(uop: "%v = _NOP", 6, 4, "'_NOP' has no outputs, and 1 name"),
        ErrorRow(uop: "_GUARD_TRUE %b", 13, 2, "no value of this trace is named '%b'"),
        ErrorRow(uop: "%v %v = _SWAP", 4, 2, "value '%v' is already declared in line 10"),
        ErrorRow(uop: "local x: i64", 1, 5, "'local' inside of trace 'main': declarations stand outside"),
        ErrorRow(uop: "exit done2", 1, 4, "'exit' inside of trace 'main'"),
    ]

    static let literals: [ErrorRow] = [
        ErrorRow(uop: "_I64_CONST 1.5", 12, 3, "expected an integer as operand 1 of '_I64_CONST', found '1.5'"),
        ErrorRow(uop: "_I64_CONST +5", 12, 2, "found '+5'"), ErrorRow(uop: "_I64_CONST 5_", 12, 2, "found '5_'"),
        ErrorRow(uop: "_I64_CONST 5__5", 12, 4, "found '5__5'"), ErrorRow(uop: "_I64_CONST 0x", 12, 2, "found '0x'"),
        ErrorRow(uop: "_I64_CONST 0x_1", 12, 4, "found '0x_1'"), ErrorRow(uop: "_I64_CONST 0b2", 12, 3, "found '0b2'"),
        ErrorRow(uop: "_I64_CONST 12a", 12, 3, "found '12a'"), ErrorRow(uop: "_I64_CONST -", 12, 1, "found '-'"),
        ErrorRow(uop: "_I64_CONST 9223372036854775808", 12, 19, "does not fit in an i64", note: "hexadecimal"),
        ErrorRow(uop: "_I64_CONST -9223372036854775809", 12, 20, "does not fit in an i64"),
        ErrorRow(uop: "_I64_CONST 18446744073709551616", 12, 20, "does not fit in 64 bits"),
        ErrorRow(uop: "_I64_CONST 0x1_0000_0000_0000_0000", 12, 23, "does not fit in 64 bits"),
        ErrorRow(uop: "_I64_CONST -0x8000000000000001", 12, 19, "does not fit in an i64"),
        ErrorRow(uop: "_I64_CONST ''", 12, 2, "one ASCII character or one escape"),
        ErrorRow(uop: "_I64_CONST 'ab'", 12, 4, "one ASCII character or one escape"),
        ErrorRow(uop: "_I64_CONST 'é'", 12, 4, "one ASCII character or one escape"),
        ErrorRow(uop: "_I64_CONST '", 12, 1, "a quote that is not closed"),
        ErrorRow(uop: "_F64_CONST abc", 12, 3, "expected a float as operand 1 of '_F64_CONST', found 'abc'"),
        ErrorRow(uop: "_F64_CONST 1.", 12, 2, "found '1.'"), ErrorRow(uop: "_F64_CONST .5", 12, 2, "found '.5'"),
        ErrorRow(uop: "_F64_CONST 1e", 12, 2, "found '1e'"), ErrorRow(uop: "_F64_CONST 1e+", 12, 3, "found '1e+'"),
        ErrorRow(uop: "_F64_CONST 1.5.5", 12, 5, "found '1.5.5'"),
        ErrorRow(uop: "_F64_CONST 0x1p", 12, 4, "found '0x1p'"),
        ErrorRow(uop: "_F64_CONST 1e309", 12, 5, "is beyond the largest float64", note: "inf"),
        ErrorRow(uop: "_F64_CONST 1e99999999999999999999", 12, 22, "is beyond the largest float64"),
        ErrorRow(uop: "_F64_CONST -nan", 12, 4, "found '-nan'", note: "nan(0xfff8000000000000)"),
        ErrorRow(uop: "_F64_CONST nan(0x7ff0000000000000)", 16, 18, "is no NaN"),
        ErrorRow(uop: "_F64_CONST nan(1", 16, 1, "is no NaN"),
        ErrorRow(uop: "_F64_CONST nan()", 16, 1, "expected a NaN's 64 bits"),
        ErrorRow(uop: "_F64_CONST nan(-1", 18, 1, "expected ')'"),
        ErrorRow(uop: "_LOAD_CONST 562949953421312", 13, 15, "integers have 50 bits"),
        ErrorRow(uop: "_LOAD_CONST -562949953421313", 13, 16, "integers have 50 bits"),
        ErrorRow(uop: "_LOAD_CONST nan(0x7ff8000000000001)", 16, 1, "objects have one NaN"),
        ErrorRow(uop: "_LOAD_CONST Nome", 13, 4, "expected an object", note: "did you mean 'None'?"),
        ErrorRow(uop: "_LOAD_CONST \"text\"", 13, 6, "expected an object"),
        ErrorRow(uop: "_SET_IP -1", 9, 2, "an index goes from 0 to 2147483647"),
        ErrorRow(uop: "_SET_IP 2147483648", 9, 10, "an index goes from 0 to 2147483647"),
    ]

    static let expectations: [ErrorRow] = [
        ErrorRow("expect", (2, 7, 1), "expected local, buffer, exit or output"),
        ErrorRow("expect locl a = 1", (2, 8, 4), "found 'locl'", note: "did you mean 'local'?"),
        ErrorRow("expect local a = 1", (2, 14, 1), "no local is named 'a'"),
        ErrorRow("local a: i64\nexpect local a 1", (3, 16, 1), "expected '='"),
        ErrorRow("local a: i64\nexpect local a = 1.5", (3, 18, 3), "expected an integer"),
        ErrorRow("local a: range = range(1)\nexpect local a = 1", (3, 14, 1), "a range has no literal"),
        ErrorRow("local a: object\nexpect local a = range(1)", (3, 18, 5), "expected an object"),
        ErrorRow("buffer b: i8[4]\nexpect buffer b = 1", (3, 17, 1), "expected '['"),
        ErrorRow("buffer b: i8[4]\nexpect buffer b[4] = 1", (3, 17, 1), "the buffer has 4 elements, counted from 0"),
        ErrorRow("buffer b: i8[4]\nexpect buffer b[3] = 256", (3, 22, 3), "an i8 element goes from"),
        ErrorRow("buffer b: i8[4]\nexpect buffer c[3] = 25", (3, 15, 1), "no buffer is named 'c'"),
        ErrorRow("expect exit done", (2, 13, 4), "no exit is named 'done'"),
        ErrorRow("trace t\nend\nexpect exit t", (4, 13, 1), "'t' is a trace"),
        ErrorRow("exit e\nexpect exit e 5", (3, 15, 1), "expected the end of the line"),
        ErrorRow("exit e\ntrace t\nexpect exit e", (4, 1, 6), "'expect' inside of trace 't': its 'end' is missing"),
        ErrorRow("trace t\ntrace u\nend", (3, 1, 5), "'trace' inside of trace 't': its 'end' is missing"),
    ]

    @Test(arguments: topLevel + declarations) func declaration(row: ErrorRow) { row.check(diagnostics(of: row.text)) }
    @Test(arguments: strings + expectations) func expectation(row: ErrorRow) { row.check(diagnostics(of: row.text)) }
    @Test(arguments: uops + literals) func inTrace(row: ErrorRow) { row.check(diagnostics(of: row.text)) }

    @Test func invalidUTF8InAString() throws {
        let found = diagnostics(of: Array("uops 1\nexit e error \"aé".utf8) + [0xC3, 0x22])
        let first = try #require(found.first)
        #expect(found.count == 1 && first.location.line == 2 && first.location.column == 18)
        #expect(first.message == "byte 0xC3 is not UTF-8" && first.note == "write \\xC3 for the byte itself")
    }

    @Test func invalidUTF8InACommentIsNobodysConcern() {
        #expect(diagnostics(of: Array("uops 1 # ".utf8) + [0xC3, 0xFF, 0, 10]).isEmpty)
    }

    @Test func everyErrorIsToldInTheOrderOfTheText() {
        let found = diagnostics(
            of:
                "uops 1\nlocal a: x\ntrace t\n_JUMP nowhere\n_GUARD_TRUE -> none\n_LOAD_FAST b\n_LOAD_FAST a\nend\nlocal a: i64"
        )
        #expect(found.map(\.location.line) == [2, 4, 5, 6, 9])
    }
}
