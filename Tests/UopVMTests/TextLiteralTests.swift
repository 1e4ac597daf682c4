import CStencils
import Testing

@testable import UopVM

/// A literal and the word that it stands for.
struct LiteralRow: CustomTestStringConvertible, Sendable {
    let literal: String
    let word: UInt64
    var testDescription: String { "\(literal) is 0x\(String(word, radix: 16))" }

    init(_ literal: String, word: UInt64) {
        self.literal = literal
        self.word = word
    }
    init(_ literal: String, signed: Int64) { self.init(literal, word: UInt64(bitPattern: signed)) }
    init(_ literal: String, float: Double) { self.init(literal, word: float.bitPattern) }
}

/// A declaration of a local and what it holds.
struct LocalRow: CustomTestStringConvertible, Sendable {
    let text: String
    let initial: InitialValue
    var testDescription: String { text }
    init(_ text: String, _ initial: InitialValue) {
        self.text = text
        self.initial = initial
    }
    init(_ text: String, word: UInt64) { self.init(text, .word(word)) }
}

struct TextLiteralTests {
    private func word(_ uop: String, _ literal: String) throws -> UInt64 {
        let program = try parse("uops 1\ntrace t\n\(uop) \(literal)\nend")
        // Whatever can be read is printed so that it is read alike.
        #expect(try parse(print(program)) == program)
        return try #require(program.traces[0].operands.first).word
    }

    @Test(arguments: [
        LiteralRow("0", word: 0), LiteralRow("-0", word: 0), LiteralRow("007", word: 7),
        LiteralRow("1_000_000", word: 1_000_000),
        LiteralRow("-1", signed: -1), LiteralRow("0xff", word: 255), LiteralRow("0XFF", word: 255),
        LiteralRow("-0xff", signed: -255),
        LiteralRow("0b1010", word: 10), LiteralRow("0B1_0", word: 2), LiteralRow("-0b1", signed: -1),
        LiteralRow("9223372036854775807", signed: .max), LiteralRow("-9223372036854775808", signed: .min),
        LiteralRow("0x8000000000000000", signed: .min), LiteralRow("-0x8000000000000000", signed: .min),
        LiteralRow("0xffff_ffff_ffff_ffff", word: .max),
        LiteralRow("0b" + String(repeating: "1", count: 64), word: .max),
        LiteralRow(String(repeating: "0", count: 5000) + "1", word: 1),
        LiteralRow("'c'", word: 99), LiteralRow("' '", word: 32), LiteralRow("'#'", word: 35),
        LiteralRow("'\"'", word: 34),
        LiteralRow(#"'\''"#, word: 39), LiteralRow(#"'\\'"#, word: 92), LiteralRow(#"'\n'"#, word: 10),
        LiteralRow(#"'\0'"#, word: 0),
        LiteralRow(#"'\xff'"#, word: 255), LiteralRow(#"'\xAb'"#, word: 0xAB), LiteralRow(#"'\r'"#, word: 13),
        LiteralRow(#"'\t'"#, word: 9),
    ])
    func integers(row: LiteralRow) throws { #expect(try word("_I64_CONST", row.literal) == row.word) }

    @Test(arguments: [
        LiteralRow("0", float: 0.0), LiteralRow("-0", float: -0.0), LiteralRow("-0.0", float: -0.0),
        LiteralRow("1", float: 1.0),
        LiteralRow("1.5", float: 1.5), LiteralRow("1e3", float: 1000.0), LiteralRow("1E+3", float: 1000.0),
        LiteralRow("25e-1", float: 2.5),
        LiteralRow("0.1", float: 0.1), LiteralRow("1_0.2_5", float: 10.25), LiteralRow("1e22", float: 1e22),
        LiteralRow("1e23", float: 1e23),
        LiteralRow("9007199254740993", float: 9007199254740992.0),
        LiteralRow("9007199254740993.0000001", float: 9007199254740994.0),
        LiteralRow("123456789012345678901234567890", float: 123456789012345678901234567890.0),
        LiteralRow("0.000001234", float: 0.000001234),
        LiteralRow("2.2250738585072011e-308", word: 0x000F_FFFF_FFFF_FFFF),
        LiteralRow("5e-324", word: 1), LiteralRow("2e-324", float: 0.0),
        LiteralRow("1e-99999999999999999999", float: 0.0),
        LiteralRow("1.7976931348623157e308", float: Double.greatestFiniteMagnitude),
        LiteralRow("0e99999999999", float: 0.0), LiteralRow("0x10", float: 16.0), LiteralRow("0x1p3", float: 8.0),
        LiteralRow("0x1.8p-3", float: 0.1875),
        LiteralRow("-0x1.fffffffffffffp1023", float: -Double.greatestFiniteMagnitude), LiteralRow("0x1.8", float: 1.5),
        LiteralRow("0x1P+0", float: 1.0), LiteralRow("0x1e5", float: 485.0),
        LiteralRow("inf", float: Double.infinity), LiteralRow("-inf", float: -Double.infinity),
        LiteralRow("nan", word: 0x7ff8_0000_0000_0000),
        LiteralRow("nan(0x7ff8000000000001)", word: 0x7ff8_0000_0000_0001),
        LiteralRow("nan( 0xfff0_0000_0000_0001 )", word: 0xfff0_0000_0000_0001), LiteralRow("nan(-1)", word: .max),
        LiteralRow("nan(0x7ff0000000000001)", word: 0x7ff0_0000_0000_0001),
    ])
    func floats(row: LiteralRow) throws { #expect(try word("_F64_CONST", row.literal) == row.word) }

    @Test(arguments: [
        LiteralRow("None", word: ObjectWord.none), LiteralRow("True", word: ObjectWord.true),
        LiteralRow("False", word: ObjectWord.false),
        LiteralRow("0", word: 0xFFFC_0000_0000_0000), LiteralRow("-1", word: .max),
        LiteralRow("'a'", word: 0xFFFC_0000_0000_0061),
        LiteralRow("0x10", word: 0xFFFC_0000_0000_0010), LiteralRow("562949953421311", word: 0xFFFD_FFFF_FFFF_FFFF),
        LiteralRow("-562949953421312", word: 0xFFFE_0000_0000_0000), LiteralRow("1.0", float: 1.0),
        LiteralRow("1e0", float: 1.0),
        LiteralRow("-0.0", float: -0.0), LiteralRow("0x1p0", float: 1.0),
        LiteralRow("0x1e0", word: 0xFFFC_0000_0000_01E0),
        LiteralRow("inf", float: Double.infinity), LiteralRow("-inf", float: -Double.infinity),
        LiteralRow("nan", word: ObjectWord.canonicalNaN),
    ])
    func objects(row: LiteralRow) throws { #expect(try word("_LOAD_CONST", row.literal) == row.word) }

    @Test(arguments: [
        LiteralRow("0", word: 0), LiteralRow("2147483647", word: 2_147_483_647), LiteralRow("0x7f", word: 127),
    ])
    func indices(row: LiteralRow) throws { #expect(try word("_SET_IP", row.literal) == row.word) }

    @Test(arguments: [
        LocalRow("i64", word: 0), LocalRow("f64", word: 0), LocalRow("object", word: ObjectWord.none),
        LocalRow("int", word: 0xFFFC_0000_0000_0000), LocalRow("float", word: 0),
        LocalRow("bool", word: ObjectWord.false),
        LocalRow("none", word: ObjectWord.none), LocalRow("i64 = 0xffffffffffffffff", word: .max),
        LocalRow("f64 = 2", word: 2.0.bitPattern), LocalRow("int = 2", word: 0xFFFC_0000_0000_0002),
        LocalRow("float = 2", word: 2.0.bitPattern), LocalRow("float = nan", word: ObjectWord.canonicalNaN),
        LocalRow("float = -inf", word: (-Double.infinity).bitPattern), LocalRow("bool = True", word: ObjectWord.true),
        LocalRow("none = None", word: ObjectWord.none), LocalRow("object = 2", word: 0xFFFC_0000_0000_0002),
        LocalRow("object = True", word: ObjectWord.true),
        LocalRow("range = range(5)", .range(start: 0, stop: 5, step: 1)),
        LocalRow("range = range(-5, 5)", .range(start: -5, stop: 5, step: 1)),
        LocalRow("object = range(9, 0x1, -2)", .range(start: 9, stop: 1, step: -2)),
        LocalRow(
            "range = range(-562949953421312, 562949953421311, 562949953421311)",
            .range(start: -562_949_953_421_312, stop: 562_949_953_421_311, step: 562_949_953_421_311)),
    ])
    func locals(row: LocalRow) throws {
        let program = try parse("uops 1\nlocal a: \(row.text)")
        #expect(program.locals[0].initial == row.initial)
        #expect(try parse(print(program)) == program)
    }

    @Test(arguments: [
        LiteralRow("i8 -128", word: 0x80), LiteralRow("i8 255", word: 0xFF), LiteralRow("i8 -1", word: 0xFF),
        LiteralRow("i8 'z'", word: 0x7A),
        LiteralRow("i16 -32768", word: 0x8000), LiteralRow("i16 0xffff", word: 0xFFFF),
        LiteralRow("i32 -1", word: 0xFFFF_FFFF),
        LiteralRow("i32 4294967295", word: 0xFFFF_FFFF), LiteralRow("i32 -2147483648", word: 0x8000_0000),
        LiteralRow("i64 -1", word: .max), LiteralRow("i64 0xffffffffffffffff", word: .max),
        LiteralRow("f64 1", float: 1.0),
        LiteralRow("f64 nan(0xfff8000000000001)", word: 0xfff8_0000_0000_0001),
    ])
    func elements(row: LiteralRow) throws {
        let parts = row.literal.split(separator: " ")
        let text = "uops 1\nbuffer b: \(parts[0])[2] = {\(parts[1])}\nexpect buffer b[1] = \(parts[1])"
        let program = try parse(text)
        #expect(program.buffers[0].initial == [row.word])
        #expect(program.expectations[0].kind == .element(0, 1, row.word))
        #expect(try parse(print(program)) == program)
    }

    /// Against the standard library, which is right but slow.
    @Test func randomDecimalFloats() throws {
        let seed: UInt64 = 20_240_607
        Swift.print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let digits = String(
                UInt64.random(in: 0...UInt64.max >> UInt64.random(in: 0...63, using: &random), using: &random))
            let literal =
                "\(digits).\(UInt32.random(in: 0...99999, using: &random))e\(Int.random(in: -30...30, using: &random))"
            guard case .float(let value) = FloatLiteral.parse(Array(literal.utf8).span) else {
                Issue.record("\(literal) was not read")
                continue
            }
            #expect(value == Double(literal), "\(literal)")
        }
    }
}
