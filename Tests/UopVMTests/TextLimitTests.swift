import Testing

@testable import UopVM

/// A text that needs a limit to be exactly so large.
struct LimitRow: CustomTestStringConvertible, Sendable {
    let option: String
    let text: String
    let needed: Int
    let line: UInt32
    let set: @Sendable (inout Limits, Int) -> Void
    var testDescription: String { option }
}

struct TextLimitTests {
    static let rows: [LimitRow] = [
        LimitRow(option: "--limit-file-bytes", text: "uops 1\nexit e", needed: 13, line: 1) { $0.fileBytes = $1 },
        LimitRow(
            option: "--limit-uops", text: "uops 1\ntrace a\n_NOP\nend\ntrace b\n_NOP\n_NOP\nend", needed: 3, line: 7
        ) { $0.uops = $1 },
        LimitRow(option: "--limit-traces", text: "uops 1\ntrace a\nend\ntrace b\nend", needed: 2, line: 4) {
            $0.traces = $1
        },
        LimitRow(option: "--limit-locals", text: "uops 1\nlocal a: i64\nlocal b: i64", needed: 2, line: 3) {
            $0.locals = $1
        },
        LimitRow(
            option: "--limit-labels", text: "uops 1\ntrace a\nx:\nend\ntrace b\n_JUMP x\nx:\nend", needed: 2, line: 6
        ) { $0.labels = $1 },
        LimitRow(
            option: "--limit-values",
            text: "uops 1\ntrace a\n%a = _I64_CONST 1\nend\ntrace b\n%a = _I64_CONST 1\n%b = _I64_CONST 1\nend",
            needed: 2, line: 7
        ) { $0.values = $1 },
        LimitRow(option: "--limit-stack", text: "uops 1\ntrace a(i64, f64)\nend", needed: 2, line: 2) { $0.stack = $1 },
        LimitRow(
            option: "--limit-memory-bytes", text: "uops 1\nbuffer a: i8[3]\nbuffer b: f64[2]\ntape 5", needed: 24,
            line: 4
        ) { $0.memoryBytes = $1 },
    ]

    @Test(arguments: rows)
    func edge(row: LimitRow) throws {
        var limits = Limits()
        row.set(&limits, row.needed)
        #expect(diagnostics(of: row.text, limits: limits).isEmpty)
        row.set(&limits, row.needed - 1)
        let found = diagnostics(of: row.text, limits: limits)
        let first = try #require(found.first)
        #expect(found.count == 1 && first.location.line == row.line && first.message.contains(row.option), "\(found)")
    }

    @Test(arguments: rows)
    func limitsThatMakeNoSense(row: LimitRow) {
        var limits = Limits()
        for value in [0, -1, Int.min, Int.max] {
            row.set(&limits, value)
            _ = diagnostics(of: row.text, limits: limits)
        }
    }

    @Test(arguments: [
        "uops 1\nbuffer a: i64[9223372036854775807]", "uops 1\nbuffer a: i16[4611686018427387904]",
        "uops 1\nbuffer a: i8[9223372036854775807]\nbuffer b: i8[9223372036854775807]",
    ])
    func memoryThatOverflows(text: String) {
        var limits = Limits()
        limits.memoryBytes = .max
        let found = diagnostics(of: text, limits: limits)
        #expect(found.count == 1 && found[0].message.contains("--limit-memory-bytes"), "\(found)")
    }

    @Test func errors() {
        let text = "uops 1\nbad\nbad\nbad\nbad\n"
        var limits = Limits()
        limits.errors = 4
        #expect(diagnostics(of: text, limits: limits).map(\.location.line) == [2, 3, 4, 5])
        limits.errors = 2
        let found = diagnostics(of: text, limits: limits)
        #expect(found.map(\.location.line) == [2, 3, 4])
        #expect(found.last?.message == "more than 2 errors (--limit-errors): the rest is left out")
        limits.errors = -5
        #expect(diagnostics(of: text, limits: limits).count == 2)
    }

    /// Unresolved names count like other errors, wherever they are found out.
    @Test func unresolvedNamesAreLimited() {
        var text = "uops 1\ntrace t\n"
        for i in 0..<50 { text += "_JUMP l\(i)\n_GUARD_TRUE %v\(i) -> e\(i)\n" }
        let found = diagnostics(of: text + "end")
        #expect(found.count == Limits().errors + 1)
        #expect(found.last?.message.contains("--limit-errors") == true)
    }
}
