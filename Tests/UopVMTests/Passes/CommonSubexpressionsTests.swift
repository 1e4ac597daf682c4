import Testing

@testable import UopVM

/// What is equal is computed once, and what only looks equal is not.
struct CommonSubexpressionsTests {
    @Test(arguments: cases) func leaves(row: PassCase) throws { try row.expect(after: .commonSubexpressions) }

    static let cases: [PassCase] = [
        PassCase(
            "a sum that was computed before",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _I64_MUL; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_ADD _I64_MUL _EXIT_TRACE"),
        PassCase(
            "what is made of equal things is equal",
            "_LOAD_FAST a; _I64_NEG; _I64_NOT; _LOAD_FAST a; _I64_NEG; _I64_NOT; _I64_MUL; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_NEG _I64_NOT _I64_MUL _EXIT_TRACE"),
        PassCase(
            "a difference the other way round",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_SUB; _LOAD_FAST b; _LOAD_FAST a; _I64_SUB; _I64_MUL; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_SUB _I64_SUB _I64_MUL _EXIT_TRACE"),
        PassCase(
            "a local that has changed",
            """
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _LOAD_FAST b; _STORE_FAST a; _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _I64_MUL
            _STORE_FAST c; _EXIT_TRACE
            """,
            leaves: "b0: _I64_ADD _I64_ADD _I64_MUL _EXIT_TRACE"),
        PassCase(
            "a choice by another condition",
            """
            _LOAD_FAST a; _LOAD_FAST b; _LOAD_FAST i; _SELECT; _LOAD_FAST a; _LOAD_FAST b; _LOAD_FAST c; _SELECT; _I64_SUB
            _LOAD_FAST a; _LOAD_FAST b; _LOAD_FAST i; _SELECT; _I64_MUL; _STORE_FAST c; _EXIT_TRACE
            """,
            leaves: "b0: _SELECT _SELECT _I64_SUB _I64_MUL _EXIT_TRACE"),
        PassCase(
            "a check of the same",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_ADD_CHECKED; _LOAD_FAST a; _LOAD_FAST b; _I64_ADD_CHECKED -> early; _I64_MUL; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_ADD_CHECKED _I64_MUL _EXIT_TRACE"),
        PassCase(
            "a sum that is checked, and one that wraps",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _LOAD_FAST a; _LOAD_FAST b; _I64_ADD_CHECKED; _I64_MUL; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_ADD _I64_ADD_CHECKED _I64_MUL _EXIT_TRACE"),
        PassCase(
            "a guard of the same word, and of another",
            "_LOAD_FAST o; _GUARD_TOS_INT; _POP_TOP; _LOAD_FAST o; _GUARD_TOS_INT; _POP_TOP; _LOAD_FAST o; _GUARD_TOS_FLOAT; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _GUARD_TOS_INT _GUARD_TOS_FLOAT _EXIT_TRACE"),
        // MARK: Ways
        PassCase(
            "what only one way has computed",
            """
            _LOAD_FAST a; _JUMP_IF_TRUE else
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _STORE_FAST c; _JUMP end
            else:
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _STORE_FAST i
            end:
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _STORE_FAST n; _EXIT_TRACE
            """,
            leaves: """
                b0: _JUMP_IF_TRUE
                b1: _I64_ADD _JUMP
                b2: _I64_ADD
                b3: _I64_ADD _EXIT_TRACE
                """),
        PassCase(
            "what all ways have passed",
            """
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _JUMP_IF_TRUE else
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _STORE_FAST c
            else:
            _LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _STORE_FAST n; _EXIT_TRACE
            """,
            leaves: """
                b0: _I64_ADD _JUMP_IF_TRUE
                b2: _EXIT_TRACE
                """),
        PassCase(
            "what differs in each iteration",
            """
            _LOAD_FAST i; _I64_NEG; _STORE_FAST c
            again:
            _LOAD_FAST i; _I64_NEG; _LOAD_FAST c; _I64_ADD; _STORE_FAST c
            _LOAD_FAST i; _I64_CONST 1; _I64_ADD; _STORE_FAST i
            _LOAD_FAST i; _I64_NEG; _LOAD_FAST c; _I64_ADD; _STORE_FAST c
            _LOAD_FAST i; _JUMP_IF_TRUE again; _EXIT_TRACE
            """,
            leaves: """
                b0: _I64_NEG
                b1*: _I64_NEG _I64_ADD _I64_ADD _I64_NEG _I64_ADD _POLL_INTERRUPT _JUMP_IF_TRUE
                b2: _EXIT_TRACE
                """),
        // MARK: Memory
        PassCase(
            "an element that nobody has written",
            "_LOAD_FAST a; _MEM_LOAD_I64 data; _LOAD_FAST a; _MEM_LOAD_I64 data -> early; _I64_ADD; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _MEM_CHECK _MEM_READ_I64 _I64_ADD _EXIT_TRACE"),
        PassCase(
            "another element, and one of another buffer",
            """
            _LOAD_FAST a; _MEM_LOAD_I64 data; _LOAD_FAST b; _MEM_LOAD_I64 data; _I64_SUB
            _LOAD_FAST a; _MEM_LOAD_I64 other; _I64_SUB; _STORE_FAST c; _EXIT_TRACE
            """,
            leaves: """
                b0: _MEM_CHECK _MEM_READ_I64 _MEM_CHECK _MEM_READ_I64 _I64_SUB \
                _MEM_CHECK _MEM_READ_I64 _I64_SUB _EXIT_TRACE
                """),
        PassCase(
            "an element that was written in between, maybe at this index",
            """
            _LOAD_FAST a; _MEM_LOAD_I64 data; _LOAD_FAST b; _LOAD_FAST c; _MEM_STORE_I64 data
            _LOAD_FAST a; _MEM_LOAD_I64 data; _I64_SUB; _STORE_FAST c; _EXIT_TRACE
            """,
            leaves: """
                b0: _MEM_CHECK _MEM_READ_I64 _MEM_CHECK _MEM_WRITE_I64 _MEM_READ_I64 _I64_SUB _EXIT_TRACE
                """),
        PassCase(
            "an element that the host may have written",
            """
            _LOAD_FAST a; _MEM_LOAD_I64 data; _CALL_0_VALUE touch; _POP_TOP
            _LOAD_FAST a; _MEM_LOAD_I64 data; _I64_SUB; _STORE_FAST c; _EXIT_TRACE
            """,
            leaves: "b0: _MEM_CHECK _MEM_READ_I64 _CALL_0_VALUE _MEM_READ_I64 _I64_SUB _EXIT_TRACE"),
        PassCase(
            "an element that one of two ways has written",
            """
            _LOAD_FAST a; _MEM_LOAD_I64 data; _STORE_FAST c; _LOAD_FAST b; _JUMP_IF_TRUE over
            _LOAD_FAST a; _LOAD_FAST b; _MEM_STORE_I64 data
            over:
            _LOAD_FAST a; _MEM_LOAD_I64 data; _STORE_FAST n; _EXIT_TRACE
            """,
            leaves: """
                b0: _MEM_CHECK _MEM_READ_I64 _JUMP_IF_TRUE
                b1: _MEM_WRITE_I64
                b2: _MEM_READ_I64 _EXIT_TRACE
                """),
        PassCase(
            "an element that the iteration before may have written",
            """
            _LOAD_FAST a; _MEM_LOAD_I64 data; _STORE_FAST c
            again:
            _LOAD_FAST a; _MEM_LOAD_I64 data; _LOAD_FAST c; _I64_ADD; _STORE_FAST c
            _LOAD_FAST a; _LOAD_FAST c; _MEM_STORE_I64 data
            _LOAD_FAST c; _JUMP_IF_TRUE again; _EXIT_TRACE
            """,
            leaves: """
                b0: _MEM_CHECK _MEM_READ_I64
                b1*: _MEM_READ_I64 _I64_ADD _MEM_WRITE_I64 _POLL_INTERRUPT _JUMP_IF_TRUE
                b2: _EXIT_TRACE
                """),
        PassCase(
            "a call is made each time", "_CALL_0_VALUE touch; _CALL_0_VALUE touch; _I64_SUB; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _CALL_0_VALUE _CALL_0_VALUE _I64_SUB _EXIT_TRACE"),
        // MARK: Floats and literals
        PassCase(
            "zeros of both signs differ, and NaNs of one kind do not",
            """
            _LOAD_FAST x; _F64_CONST 0.0; _F64_DIV; _LOAD_FAST x; _F64_CONST -0.0; _F64_DIV; _F64_MIN; _STORE_FAST y
            _LOAD_FAST x; _F64_CONST nan; _F64_ADD; _LOAD_FAST x; _F64_CONST nan; _F64_ADD; _F64_MAX; _STORE_FAST x; _EXIT_TRACE
            """,
            leaves: "b0: _F64_DIV _F64_DIV _F64_MIN _F64_ADD _F64_MAX _EXIT_TRACE"),
        PassCase(
            "what mostly decides a jump is part of each jump",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST a; _LOAD_FAST b; _I64_LT_S; _GUARD_TRUE; _EXIT_TRACE",
            leaves: "b0: _I64_LT_S _GUARD_TRUE _I64_LT_S _GUARD_TRUE _EXIT_TRACE"),
    ]

    /// One word each, in registers of its class: an integer 0 is no float 0, and an object no integer.
    @Test func literalsAreSharedByClass() throws {
        let body = """
            _LOAD_FAST a; _JUMP_IF_TRUE other
            _I64_CONST 7; _STORE_FAST a; _I64_CONST 0; _STORE_FAST b; _F64_CONST 0.0; _STORE_FAST x; _JUMP end
            other:
            _I64_CONST 7; _STORE_FAST b; _I64_CONST 0; _STORE_FAST a; _F64_CONST -0.0; _STORE_FAST x
            end:
            _EXIT_TRACE
            """
        let bench = try PassBench(body)
        func constants(_ graph: borrowing Graph) -> [String] {
            (0..<graph.nodes.count).filter {
                graph.nodes[$0].uop == Graph.Special.constant && graph.nodes[$0].block != Graph.absent
            }.map { "\(graph.nodes[$0].valueClass.text(of: graph.operands[Int(graph.nodes[$0].operand)])) in b\(graph.nodes[$0].block)" }
                .sorted()
        }
        #expect(constants(bench.graph).count == 6)
        bench.run([.commonSubexpressions])
        #expect(constants(bench.graph) == ["-0.0 in b0", "0 in b0", "0.0 in b0", "7 in b0"])
        try PassBench.check(body)
    }
}
