import BFFrontEnd
import Testing

/// C text of regions. Whether compilers take it and make the same program is a matter for those who have one.
struct TapeCWriterTests {
    private func body(_ text: String, _ options: BFOptions = BFOptions()) throws -> [String] {
        var region = try BFReader(options).read(Array(text.utf8))
        var optimizer = TapeOptimizer()
        optimizer.run(&region)
        let program = TapeCWriter.program(region, options)
        let lines = program.split(separator: "\n").map { String($0.drop { $0 == " " }) }
        return Array(lines.drop { $0 != "(void)print, (void)put, (void)get;" }.dropFirst().dropLast(3))
    }

    @Test func instructions() throws {
        #expect(
            try body(",>,<[->[->++>+<<]>>[-<<+>>]<<<]>[>]<,.") == [
                "p[0] = get(p[0]);", "p[1] = get(p[1]);", "if (p[0]) {", "p[0] += 255u;",
                "if (p[1]) p[2] += p[1] * 2u;", "if (p[1]) p[3] += p[1] * 1u;",
                "p[1] = 0u;", "if (p[3]) p[1] += p[3] * 1u;", "p[3] = 0u;",
                "if (p[0] && p[1]) p[2] += (uint32_t)p[0] * p[1];", "if (p[0] && p[1]) p[2] += (uint32_t)p[0] * p[1];",
                "p[0] = 0u;", "}", "p += 1;", "while (*p) p += 1;", "p[-1] = get(p[-1]);", "put(p[-1]);",
            ])
    }

    @Test func stringsAreQuoted() throws {
        func printing(_ byte: Int) -> String { "[-]" + String(repeating: "+", count: byte) + "." }
        let text = [10, 34, 92, 63, 65, 1, 200].map(printing).joined()
        #expect(try body(text) == [#"p[0] = 200u;"#, #"print("\n\"\\\?A\001\310", 7);"#])
    }

    @Test func options() throws {
        var options = BFOptions()
        options.cellBits = .bits16
        (options.cellsLeft, options.cellsRight) = (3, 4)
        options.endOfInput = .minusOne
        let program = TapeCWriter.program(try BFReader(options).read([]), options)
        for part in ["typedef uint16_t Cell;", "tape[7]", "tape + 3;", "byte == EOF ? (Cell)-1 : (Cell)byte"] {
            #expect(program.contains(part))
        }
    }
}
