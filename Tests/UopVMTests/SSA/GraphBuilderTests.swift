import Testing
import UopRuntime

@testable import UopVM

/// Regions and the graphs that they become.
struct GraphBuilderTests {
    /// Traces, and their graphs as text.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let traces: String
        let graphs: String

        init(_ name: String, _ traces: String, graphs: String) {
            testDescription = name
            self.traces = traces
            self.graphs = graphs
        }
    }

    private static let declarations = """
        uops 1
        local a: i64 = 1
        local b: i64 = 2
        local c: i64
        local x: f64
        local o: object

        """

    @Test(arguments: cases) func graph(row: Case) throws {
        let execution = try BaseSet.execution(Self.declarations + row.traces)
        #expect(execution.graphText() == row.graphs + "\n")
    }

    static let cases: [Case] = [
        Case(
            "loads and stores are names, and equal constants one value",
            """
            trace main
                _LOAD_FAST a
                _LOAD_FAST b
                _I64_ADD
                _STORE_FAST c
                _LOAD_FAST c
                _DUP
                _I64_CONST 3
                _I64_MUL
                _SWAP
                _I64_CONST 3
                _I64_SUB_CHECKED
                _POP_TOP
                _STORE_FAST a
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 a
                  v1 = entry i64 b
                  v2 = _I64_ADD v0, v1
                  v3 = constant i64 3
                  v4 = _I64_MUL v2, v3
                  v5 = _I64_SUB_CHECKED v2, v3 -> exit 0 {c = v2 | v4, v2, v3}
                  _EXIT_TRACE -> exit 1 {a = v4, c = v2}
                """),
        Case(
            "only what differs gets a phi where ways meet",
            """
            trace main
                _LOAD_FAST a
                _JUMP_IF_TRUE else
                _I64_CONST 5
                _STORE_FAST b
                _LOAD_FAST a
                _STORE_FAST c
                _JUMP end
            else:
                _LOAD_FAST a
                _STORE_FAST c
                _I64_CONST 7
                _STORE_FAST b
            end:
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 a
                  _JUMP_IF_TRUE v0 -> b2
                b1 from b0
                  v2 = constant i64 5
                  _JUMP -> b3
                b2 from b0
                  v4 = constant i64 7
                b3 from b1, b2
                  v5 = phi i64 [v2 from b1, v4 from b2]
                  _EXIT_TRACE -> exit 0 {c = v0, b = v5}
                """),
        Case(
            "a variable that one way leaves alone is what it was at the entry there",
            """
            trace main
                _LOAD_FAST a
                _JUMP_IF_TRUE end
                _LOAD_FAST a
                _STORE_FAST b
            end:
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 a
                  v2 = entry i64 b
                  _JUMP_IF_TRUE v0 -> b2
                b1 from b0
                b2 from b0, b1
                  v3 = phi i64 [v2 from b0, v0 from b1]
                  _EXIT_TRACE -> exit 0 {b = v3}
                """),
        Case(
            "a loop that is fallen into needs no block before it",
            """
            trace main
                _I64_CONST 0
                _STORE_FAST c
            again:
                _LOAD_FAST c
                _LOAD_FAST b
                _I64_ADD
                _STORE_FAST c
                _LOAD_FAST c
                _JUMP_IF_TRUE again
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v2 = entry i64 b
                  v0 = constant i64 0
                b1 from b0, b1  loop depth 1
                  entered with {c = v0}
                  v1 = phi i64 [v0 from b0, v3 from b1]
                  v3 = _I64_ADD v1, v2
                  _POLL_INTERRUPT -> exit 0 {c = v3 | v3}
                  _JUMP_IF_TRUE v3 -> b1
                b2 from b1
                  _EXIT_TRACE -> exit 1 {c = v3}
                """),
        Case(
            "what an inner loop assigns, the outer one assigns; a store of the same value is none",
            """
            trace main
            outer:
                _LOAD_FAST x
                _STORE_FAST x
            inner:
                _LOAD_FAST a
                _LOAD_FAST b
                _I64_SUB
                _STORE_FAST a
                _LOAD_FAST a
                _JUMP_IF_TRUE inner
                _LOAD_FAST b
                _JUMP_IF_TRUE outer
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry f64 x
                  v1 = entry i64 a
                  v5 = entry i64 b
                b1 from b0, b3  loop depth 1
                  entered with {}
                  v2 = phi i64 [v1 from b0, v6 from b3]
                b2 from b1, b2  loop depth 2
                  entered with {a = v2}
                  v4 = phi i64 [v2 from b1, v6 from b2]
                  v6 = _I64_SUB v4, v5
                  _POLL_INTERRUPT -> exit 0 {a = v6 | v6}
                  _JUMP_IF_TRUE v6 -> b2
                b3 from b2  loop depth 1
                  _POLL_INTERRUPT -> exit 1 {a = v6 | v5}
                  _JUMP_IF_TRUE v5 -> b1
                b4 from b3
                  _EXIT_TRACE -> exit 2 {a = v6}
                """),
        Case(
            "a, b = b, a + b",
            """
            trace main
            again:
                _LOAD_FAST b
                _LOAD_FAST a
                _LOAD_FAST b
                _I64_ADD
                _STORE_FAST b
                _STORE_FAST a
                _JUMP_TO_TOP
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 b
                  v1 = entry i64 a
                b1 from b0, b1  loop depth 1
                  entered with {}
                  v2 = phi i64 [v0 from b0, v4 from b1]
                  v3 = phi i64 [v1 from b0, v2 from b1]
                  v4 = _I64_ADD v3, v2
                  _POLL_INTERRUPT -> exit 0 {a = v2, b = v4}
                  _JUMP_TO_TOP -> b1
                """),
        Case(
            "where several ways lead into a loop they meet in a block before it",
            """
            trace main
                _LOAD_FAST a
                _JUMP_IF_TRUE again
                _I64_CONST 4
                _STORE_FAST b
            again:
                _LOAD_FAST b
                _JUMP_IF_TRUE again
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 a
                  v3 = entry i64 b
                  _JUMP_IF_TRUE v0 -> b2
                b1 from b0
                  v2 = constant i64 4
                b2 from b0, b1
                  v4 = phi i64 [v3 from b0, v2 from b1]
                b3 from b2, b3  loop depth 1
                  entered with {b = v4}
                  _POLL_INTERRUPT -> exit 0 {b = v4 | v4}
                  _JUMP_IF_TRUE v4 -> b3
                b4 from b3
                  _EXIT_TRACE -> exit 1 {b = v4}
                """),
        Case(
            "a loop that is entered past its head",
            """
            trace main
                _LOAD_FAST c
                _JUMP_IF_TRUE middle
            head:
                _LOAD_FAST a
                _STORE_FAST b
            middle:
                _LOAD_FAST b
                _I64_CONST 1
                _I64_SUB
                _STORE_FAST a
                _LOAD_FAST a
                _JUMP_IF_TRUE head
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 c
                  v2 = entry i64 b
                  v3 = entry i64 a
                  _JUMP_IF_TRUE v0 -> b3
                b1 from b0
                b2 from b1, b3  loop depth 1
                  v4 = phi i64 [v2 from b1, v6 from b3]
                  v5 = phi i64 [v3 from b1, v9 from b3]
                b3 from b0, b2  loop depth 1
                  v6 = phi i64 [v2 from b0, v5 from b2]
                  v7 = phi i64 [v3 from b0, v5 from b2]
                  v8 = constant i64 1
                  v9 = _I64_SUB v6, v8
                  _POLL_INTERRUPT -> exit 0 {a = v9, b = v6 | v9}
                  _JUMP_IF_TRUE v9 -> b2
                b4 from b3
                  _EXIT_TRACE -> exit 1 {a = v9, b = v6}
                """),
        Case(
            "a loop with its test at the end, and named values",
            """
            trace main
                _JUMP test
            body:
                _LOAD_FAST c
                _LOAD_FAST a
                _I64_ADD
                _STORE_FAST c
            test:
                %one = _I64_CONST 1
                _LOAD_FAST a
                %less = _I64_SUB %one %one
                _POP_TOP
                _JUMP_IF_TRUE body %less
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v4 = entry i64 a
                  v6 = entry i64 c
                  _JUMP -> b2
                b1 from b2  loop depth 1
                  v5 = _I64_ADD v7, v4
                b2 from b0, b1  loop depth 1
                  v7 = phi i64 [v6 from b0, v5 from b1]
                  v8 = constant i64 1
                  v9 = _I64_SUB v8, v8
                  _POLL_INTERRUPT -> exit 0 {%less = v9, %one = v8, c = v7}
                  _JUMP_IF_TRUE v9 -> b1
                b3 from b2
                  _EXIT_TRACE -> exit 1 {%less = v9, %one = v8, c = v7}
                """),
        Case(
            "words of the stack across a meeting",
            """
            trace main
                _LOAD_FAST a
                _LOAD_FAST b
                _LOAD_FAST c
                _JUMP_IF_TRUE over
                _SWAP
            over:
                _I64_SUB
                _STORE_FAST c
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry i64 a
                  v1 = entry i64 b
                  v2 = entry i64 c
                  _JUMP_IF_TRUE v2 -> b2
                b1 from b0
                b2 from b0, b1
                  v4 = phi i64 [v1 from b0, v0 from b1]
                  v5 = phi i64 [v0 from b0, v1 from b1]
                  v6 = _I64_SUB v5, v4
                  _EXIT_TRACE -> exit 0 {c = v6}
                """),
        Case(
            "words of the stack around a loop, one of which it leaves alone",
            """
            trace main
                _LOAD_FAST x
                _LOAD_FAST a
            again:
                _I64_CONST 1
                _I64_SUB
                _DUP
                _JUMP_IF_TRUE again
                _STORE_FAST a
                _STORE_FAST x
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry f64 x
                  v1 = entry i64 a
                b1 from b0, b1  loop depth 1
                  entered with { | v0, v1}
                  v2 = phi i64 [v1 from b0, v5 from b1]
                  v4 = constant i64 1
                  v5 = _I64_SUB v2, v4
                  _POLL_INTERRUPT -> exit 0 { | v0, v5, v5}
                  _JUMP_IF_TRUE v5 -> b1
                b2 from b1
                  _EXIT_TRACE -> exit 1 {a = v5}
                """),
        Case(
            "a guard leaves its words where they are; a trace is entered with words",
            """
            trace main
                _LOAD_FAST o
                _LOAD_FAST o
                _GUARD_BOTH_INT -> other
                _BINARY_OP_ADD_INT
                _STORE_FAST o
                _EXIT_TRACE
            end
            trace other(object, object)
                _POP_TOP
                _STORE_FAST o
                _EXIT_TRACE
            end
            """,
            graphs: """
                trace main
                b0
                  v0 = entry object o
                  _GUARD_BOTH_INT v0, v0 -> exit 0 { | v0, v0}
                  v2 = _BINARY_OP_ADD_INT v0, v0 -> exit 1 { | v0, v0}
                  _EXIT_TRACE -> exit 2 {o = v2}
                trace other
                b0
                  v0 = entry object s0
                  v1 = entry object s1
                  _POLL_INTERRUPT -> exit 3 { | v0, v1}
                  _EXIT_TRACE -> exit 4 {o = v0}
                """),
    ]
}
