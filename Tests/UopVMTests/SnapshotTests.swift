import CStencils
import Testing

@testable import UopVM

/// The words on the stack when a run ends, which the JIT gathers from wherever they are.
struct SnapshotTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: [String]
        /// As text, deepest first, with their classes.
        let stack: [String]

        init(_ name: String, _ body: [String], stack: [String]) {
            testDescription = name
            self.body = body
            self.stack = stack
        }
    }

    static let cases: [Case] = [
        Case("an empty stack", ["_EXIT_TRACE"], stack: []),
        Case(
            "words that are still in their locals", ["_LOAD_FAST a", "_LOAD_FAST f", "_EXIT_TRACE"],
            stack: ["i64 10", "f64 1.5"]),
        Case(
            "swapped words", ["_LOAD_FAST a", "_LOAD_FAST f", "_SWAP", "_EXIT_TRACE"], stack: ["f64 1.5", "i64 10"]),
        Case(
            "the same word more than once",
            ["_LOAD_FAST a", "_DUP", "_DUP", "_I64_CONST 1", "_I64_ADD", "_EXIT_TRACE"],
            stack: ["i64 10", "i64 10", "i64 11"]),
        Case(
            "what a local was, not what it is", ["_LOAD_FAST a", "_I64_CONST 7", "_STORE_FAST a", "_EXIT_TRACE"],
            stack: ["i64 10"]),
        Case(
            "the inputs of the uop that exits, as if it had not been executed",
            ["_LOAD_FAST o", "_LOAD_FAST a", "_I64_CONST 0", "_I64_DIV_S", "_POP_TOP", "_POP_TOP", "_EXIT_TRACE"],
            stack: ["object None", "i64 10", "i64 0"]),
        Case(
            "at an exit behind a label",
            ["_LOAD_FAST f", "here:", "_LOAD_FAST a", "_SWAP", "_I64_CONST 1", "_GUARD_FALSE", "_EXIT_TRACE"],
            stack: ["i64 10", "f64 1.5", "i64 1"]),
        Case(
            "a guard's words, of the class that it could not prove",
            ["_LOAD_FAST t", "_LOAD_FAST o", "_GUARD_TOS_INT", "_POP_TOP", "_POP_TOP", "_EXIT_TRACE"],
            stack: ["bool True", "object None"]),
        Case(
            "named arguments are on the stack by then",
            [
                "%zero = _I64_CONST 0", "%ten = _LOAD_FAST a", "_LOAD_FAST f", "%q = _I64_DIV_U %ten %zero",
                "_EXIT_TRACE",
            ],
            stack: ["f64 1.5", "i64 10", "i64 0"]),
        Case(
            "one word in many places",
            ["_LOAD_FAST a", "_LOAD_FAST f", "_OVER", "_ROT_3", "_OVER", "_EXIT_TRACE"],
            stack: ["i64 10", "i64 10", "f64 1.5", "i64 10"]),
    ]

    @Test(arguments: cases)
    func stackAtExit(_ row: Case) throws {
        let text = """
            uops 1
            local a: i64 = 10
            local f: f64 = 1.5
            local o: object = None
            local t: bool = True
            trace main
            \(row.body.joined(separator: "\n"))
            end
            """
        for engine in EngineKind.allCases {
            let execution = try BaseSet.execution(text)
            let stack = try execution.run(engine).stack.map {
                "\($0.valueClass.name) \($0.valueClass.text(of: $0.word))"
            }
            #expect(stack == row.stack, "\(engine)")
        }
    }
}
