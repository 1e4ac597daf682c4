import CStencils
import Testing

@testable import UopVM

/// An integer and how it is printed, where a pattern of bits may be shown and where not.
struct IntegerRow: CustomTestStringConvertible, Sendable {
    let value: Int64
    let asPattern: String
    let asValue: String
    var testDescription: String { "\(value)" }
    init(_ value: Int64, _ asPattern: String, _ asValue: String? = nil) {
        self.value = value
        self.asPattern = asPattern
        self.asValue = asValue ?? asPattern
    }
}

struct TextPrinterTests {
    @Test func canonicalText() throws {
        #expect(
            print(try parse(TextSamples.everything)) == #"""
                uops 1

                local a: i64 = 0
                local it: object = range(0, 30, 1)
                local o: object = 1.5
                local f: f64 = nan(0x7ff8000000000001)
                buffer flags: i8[1000] = { 116, 101, 120, 116, 0, 1 }
                buffer words: i64[4] = { 1, -2, -1, 99 }
                tape 30000 start 100
                helper print_i64(i64)
                helper hypotenuse(f64, f64) -> f64
                exit done
                exit overflow error "the sum does not fit: Ω \"50 bits\""

                trace main
                    _LOAD_FAST a
                    _STORE_FAST a
                    _I64_CONST 42
                    _GUARD_TRUE -> overflow
                again:
                    _POP_JUMP_IF_TRUE again
                    _F64_CONST -0.1875
                    _LOAD_CONST None
                    _SET_IP 17
                    _GUARD_TRUE -> side
                    _MEM_LOAD_I8 flags -> overflow
                    _CALL_1 print_i64
                    _EXIT_TRACE -> done
                end

                trace side(i64, object)
                    %x = _I64_ADD %y %y
                    %q %r = _SWAP %x %x
                    %y = _I64_CONST -1
                    _EXIT_TRACE -> main
                end

                expect local a = 832_040
                expect local f = nan
                expect buffer flags[3] = 116
                expect exit done
                expect output "Hello\n\xFF"

                """#)
    }

    @Test(arguments: [
        IntegerRow(0, "0"), IntegerRow(-1, "-1"), IntegerRow(9999, "9999"), IntegerRow(10000, "10_000"),
        IntegerRow(-10000, "-10_000"), IntegerRow(65536, "65_536"), IntegerRow(832_040, "832_040"),
        IntegerRow(1_000_000, "1_000_000"), IntegerRow(1_000_000_007, "1_000_000_007"),
        IntegerRow(0xffff_0000, "0xffff_0000"), IntegerRow(1 << 40, "0x100_0000_0000"),
        IntegerRow(.max, "0x7fff_ffff_ffff_ffff"),
        IntegerRow(.min, "0x8000_0000_0000_0000", "-9_223_372_036_854_775_808"),
        IntegerRow(-(1 << 32), "0xffff_ffff_0000_0000", "-4_294_967_296"),
        IntegerRow(0x1234_5678_9abc_def0, "1_311_768_467_463_790_320"),
    ])
    func integers(row: IntegerRow) {
        #expect(Printer.integer(row.value) == row.asPattern)
        #expect(Printer.integer(row.value, isPattern: false) == row.asValue)
    }

    /// Each byte alone, and as part of what could be a character.
    @Test func everyByteOfAString() throws {
        var program = Program()
        for first in 0...255 as ClosedRange<UInt8> {
            program.expectations.append(UopVM.Expectation(.output([first])))
            for second: UInt8 in [0, 0x0A, 0x22, 0x30, 0x5C, 0x7F, 0x80, 0xA9, 0xBF, 0xC3, 0xFF] {
                program.expectations.append(UopVM.Expectation(.output([first, second])))
            }
        }
        #expect(try parse(print(program)) == program)
    }

    /// Characters that would disturb a reader are escaped, the others stay.
    @Test func charactersOfAString() throws {
        var program = Program()
        program.expectations = [
            UopVM.Expectation(.output(Array("é Ω 漢 🎉 e\u{301}".utf8))),
            UopVM.Expectation(.output(Array("\u{202E}\u{200B}\u{A0}\u{85}\u{FEFF}\u{E000}".utf8))),
        ]
        #expect(
            print(program) == #"""
                uops 1

                expect output "é Ω 漢 🎉 é"
                expect output "\xE2\x80\xAE\xE2\x80\x8B\xC2\xA0\xC2\x85\xEF\xBB\xBF\xEE\x80\x80"

                """#)
        #expect(try parse(print(program)) == program)
    }

    @Test func floatsOfEveryKind() throws {
        var patterns: [UInt64] = [0, 1, 0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF]
        patterns += [0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0001, 0x7FF7_FFFF_FFFF_FFFF, 0x7FF8_0000_0000_0000]
        patterns += [0x7FF8_0000_0000_0001, 0x7FFF_FFFF_FFFF_FFFF, 1e15.bitPattern, 1e16.bitPattern, 1e22.bitPattern]
        let seed: UInt64 = 2_718_281
        Swift.print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        patterns += (0..<5000).map { _ in random.next() }
        var program = Program()
        program.buffers = [
            BufferDeclaration(
                name: "b", element: .BUFFER_F64, count: 2 * patterns.count,
                initial: patterns + patterns.map { $0 | 1 << 63 })
        ]
        #expect(try parse(print(program)) == program)
    }

    /// What no verifier passes is shown all the same, in a form that no parser takes.
    @Test func brokenProgramsArePrinted() throws {
        var program = Program()
        var trace = TraceDeclaration(name: "t")
        trace.operands = [Operand(word: .max), Operand(word: 0xFFFA_0000_0000_0000)]
        trace.valueUses = [ValueUse(value: -1)]
        for (name, operand) in [
            ("_LOAD_FAST", 0), ("_JUMP", 0), ("_CALL_1", 0), ("_MEM_LOAD_I8", 0), ("_LOAD_CONST", 1), ("_SET_IP", 9),
        ] {
            var statement = Statement(.uop(try uop(name)))
            statement.operandCount = 1
            statement.firstOperand = UInt32(operand)
            statement.argumentCount = 2
            statement.exit = .exit(3)
            trace.statements.append(statement)
        }
        trace.statements += [Statement(.label(7)), Statement(.uop(999))]
        program.traces = [trace]
        program.expectations = [
            UopVM.Expectation(.local(1, 2)), UopVM.Expectation(.element(0, 0, 0)), UopVM.Expectation(.exit(-1)),
        ]
        let text = print(program)
        for part in [
            "<local -1>", "<label -1>", "<helper -1>", "<buffer -1>", "<word 0xfffa000000000000>",
            "<operand 9>", "<value -1>", "<value use 1>", "<exit 3>", "<label 7>:", "<uop 999>",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(!diagnostics(of: text).isEmpty)
    }
}
