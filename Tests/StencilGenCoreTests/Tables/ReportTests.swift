import StencilGenCore
import Testing

@Suite(.enabled(if: Toolchain.found != nil, Toolchain.missing)) struct ReportTests {
    private static let source = """
        UOP(_LINE, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "One line (and parentheses.") { *x = a; }

        UOP(_LINES, IN(I64 a), OUT(I64 x),
            OPERANDS(IMM_I64 c), FLAGS(EXITS),
            "Several lines.")
        {
            if (a == c) EXIT();
            *x = a;
        }
        #define SHAPE(name, operation) \\
            UOP(name, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(), "By a macro.") \\
            { \\
                *x = operation a; \\
            }
        SHAPE(_NEGATED, -)
        SHAPE(_LINE_INVERTED, ~)
        UOP(_READ_ALOUD, IN(I64 a), OUT(I64 x), OPERANDS(), FLAGS(INTERPRETED), "No machine code.") { *x = a; }
        """

    private static let set = Result { try TemporarySet(["Set.c": source]) }

    private static func report() throws -> Report {
        let set = try Self.set.get()
        let compiler = try #require(Toolchain.found).compiler
        return Report(try set.generate(), disassembler: Disassembler(beside: compiler), source: set.location.source)
    }

    /// What --show prints of the C text: from the definition's first line to its end, and not further.
    @Test(arguments: [
        ("_LINE", 2, [2]), ("_LINES", 4, Array(4...10)), ("_NEGATED", 16, [16]), ("_LINE_INVERTED", 17, [17]),
    ])
    func definitionIsShownFromItsFirstLine(name: String, first: Int, shown: [Int]) throws {
        let text = try Self.report().show(name)
        let lines = Self.source.split(separator: "\n", omittingEmptySubsequences: false)
        // The file has an include before its first line.
        let expected = shown.map { "    \(lines[$0 - 2])\n" }.joined()
        #expect(text.contains("Set.c:\(first)\n\(expected)\nuop_narrow_\(name), clang version"), "\(text)")
    }

    @Test func instructionsHaveTheirHoles() throws {
        let text = try Self.report().show("_LINES")
        #expect(text.contains("_LINES (a -- x)\nSeveral lines.\n"))
        #expect(text.contains("uop_wide__LINES") && text.contains("absolute64 operand 0 (c)"))
        #expect(text.contains("pcRelative32 exit - 4"))
    }

    @Test func unknownUopIsAnError() throws {
        let error = try #require(throws: StencilGenError.self) { _ = try Self.report().show("_NONE") }
        #expect(error.kind == .definition && error.message.contains("'_NONE'") && error.remedy.contains("--list"))
    }

    @Test func listHasEveryUop() throws {
        let lines = try Self.report().list().split(separator: "\n")
        #expect(lines.count == 7 && lines[1].hasPrefix("_LINE ") && lines[4].hasPrefix("_NEGATED "))
        #expect(lines[2].hasPrefix("_LINES ") && lines[2].contains("(a -- x)") && lines[2].contains(" / "))
        #expect(lines[5].split(separator: " ") == ["_READ_ALOUD", "-", "-", "-", "(a", "--", "x)"])
        #expect(lines[6].hasPrefix("5 uops, 5 stencils, "))
    }
}
