import Testing

@testable import UopVM

/// A text and how its errors look in a terminal.
struct RenderingRow: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let rendered: String
    var testDescription: String { name }
}

struct TextRenderingTests {
    static let rows: [RenderingRow] = [
        RenderingRow(
            name: "nearest uop", text: "uops 1\ntrace main\n    _LOAD_FASTT a\nend\n",
            rendered: """
                t.uops:3:5: error: no uop is named '_LOAD_FASTT'
                        _LOAD_FASTT a
                        ^^^^^^^^^^^
                    note: did you mean '_LOAD_FAST'?

                """),
        RenderingRow(
            name: "tabs stay tabs", text: "uops 1\ntrace main\n\t_I64_CONST\t1.5\nend\n",
            rendered: """
                t.uops:3:13: error: expected an integer as operand 1 of '_I64_CONST', found '1.5'
                    \t_I64_CONST\t1.5
                    \t          \t^^^

                """),
        RenderingRow(
            name: "end of the line", text: "uops 1\r\ntrace main\r\n_LOAD_FAST # which?\r\nend\r\n",
            rendered: """
                t.uops:3:12: error: expected a local as operand 1 of '_LOAD_FAST', found the end of the line
                    _LOAD_FAST # which?
                               ^

                """),
        RenderingRow(
            name: "bytes above ASCII are columns", text: "uops 1\nexit é error \"é\"",
            rendered: """
                t.uops:2:6: error: expected the exit's name, found byte 0xC3
                    exit ?? error "??"
                         ^^
                    note: only strings and comments may hold characters outside of ASCII

                """),
        RenderingRow(
            name: "two errors", text: "uops 1\nlocal a: i64 = 1\nlocal a: f64\ntrace main\n_NOP -> a\nend",
            rendered: """
                t.uops:3:7: error: local 'a' is already declared in line 2
                    local a: f64
                          ^
                t.uops:5:6: error: '_NOP' never exits, so that '->' has no meaning
                    _NOP -> a
                         ^^

                """),
        RenderingRow(
            name: "unclosed string", text: "uops 1\nexpect output \"Hello\\\"\n",
            rendered: """
                t.uops:2:15: error: expected the output, a string, found '"Hello\\"', a quote that is not closed in its line
                    expect output "Hello\\"
                                  ^^^^^^^^

                """),
        RenderingRow(
            name: "no version", text: "trace main\nend\n",
            rendered: """
                t.uops:1:1: error: expected 'uops 1', the version of the format, found 'trace'
                    trace main
                    ^^^^^

                """),
        RenderingRow(
            name: "buffer of another kind",
            text:
                "uops 1\nbuffer bytes: i8[4]\ntrace main\n    %x = _I64_CONST 1\n    %y = _MEM_LOAD_I16 bytes %x\nend",
            rendered: """
                t.uops:5:24: error: expected an i16 buffer as operand 1 of '_MEM_LOAD_I16', found 'bytes'
                        %y = _MEM_LOAD_I16 bytes %x
                                           ^^^^^
                    note: 'bytes' is an i8 buffer, declared in line 2

                """),
        RenderingRow(
            name: "control bytes do not reach the terminal", text: "uops 1\nexit e error \"\u{1B}[31m\\q\"",
            rendered: """
                t.uops:2:20: error: this escape is unknown
                    exit e error "?[31m\\q"
                                       ^^
                    note: the escapes are \\n \\t \\r \\0 \\\\ \\" \\' and \\x with two hexadecimal digits

                """),
    ]

    @Test(arguments: rows)
    func rendering(row: RenderingRow) {
        let source = Array(row.text.utf8)
        let rendered = InvalidInput(diagnostics(of: source)).rendered(file: "t.uops", source: source)
        #expect(rendered == row.rendered)
    }
}
