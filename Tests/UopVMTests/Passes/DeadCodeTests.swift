import Testing

@testable import UopVM

/// What nobody needs goes; what has an effect, may leave, or is seen by an exit stays.
struct DeadCodeTests {
    @Test(arguments: cases) func leaves(row: PassCase) throws { try row.expect(after: .deadCode) }

    static let cases: [PassCase] = [
        PassCase(
            "a sum that is dropped, and what only it needs",
            "_LOAD_FAST a; _I64_NEG; _LOAD_FAST b; _I64_NOT; _I64_ADD; _POP_TOP; _EXIT_TRACE", leaves: "b0: _EXIT_TRACE"),
        PassCase(
            "what something else needs, too",
            "_LOAD_FAST a; _I64_NEG; _DUP; _I64_NOT; _POP_TOP; _STORE_FAST c; _EXIT_TRACE", leaves: "b0: _I64_NEG _EXIT_TRACE"),
        PassCase(
            "a local's value that is replaced before anybody sees it",
            "_LOAD_FAST a; _I64_NEG; _STORE_FAST c; _LOAD_FAST b; _STORE_FAST c; _EXIT_TRACE", leaves: "b0: _EXIT_TRACE"),
        PassCase(
            "a local's value that an exit sees before it is replaced",
            "_LOAD_FAST a; _I64_NEG; _STORE_FAST c; _LOAD_FAST b; _GUARD_TRUE; _LOAD_FAST b; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_NEG _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a word that only an exit sees on the stack",
            "_LOAD_FAST a; _I64_NEG; _LOAD_FAST b; _GUARD_TRUE; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _I64_NEG _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a word that only an exit sees, below others",
            "_LOAD_FAST a; _I64_NEG; _LOAD_FAST b; _LOAD_FAST c; _LOAD_FAST b; _GUARD_TRUE; _POP_TOP; _POP_TOP; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _I64_NEG _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a named value that is left behind is a variable of its own",
            "_LOAD_FAST a; %v = _I64_NEG; _EXIT_TRACE",
            leaves: "b0: _I64_NEG _EXIT_TRACE"),
        PassCase(
            "what may leave stays, whoever needs its value",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_ADD_CHECKED; _POP_TOP; _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _I64_ADD_CHECKED _I64_DIV_S _EXIT_TRACE"),
        PassCase(
            "an element that nobody needs is not read; whether it is there is checked",
            "_LOAD_FAST a; _MEM_LOAD_I64 data; _POP_TOP; _EXIT_TRACE", leaves: "b0: _MEM_CHECK _EXIT_TRACE"),
        PassCase(
            "a guard of a word that nobody needs", "_LOAD_FAST o; _GUARD_TOS_INT; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _GUARD_TOS_INT _EXIT_TRACE"),
        PassCase(
            "what is written to memory, and what is called",
            "_LOAD_FAST a; _LOAD_FAST b; _MEM_STORE_I64 data; _CALL_0_VALUE touch; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _MEM_CHECK _MEM_WRITE_I64 _CALL_0_VALUE _EXIT_TRACE"),
        PassCase(
            "a float that is dropped, NaN or not", "_LOAD_FAST y; _LOAD_FAST x; _F64_DIV; _F64_SQRT; _POP_TOP; _EXIT_TRACE",
            leaves: "b0: _EXIT_TRACE"),
        PassCase(
            "a condition on which nothing depends but the way",
            "_LOAD_FAST a; _LOAD_FAST b; _I64_LT_S; _JUMP_IF_TRUE over; over: ; _EXIT_TRACE",
            leaves: """
                b0: _I64_LT_S _JUMP_IF_TRUE
                b1: _EXIT_TRACE
                """),
        PassCase(
            "what the next iteration needs",
            "_LOAD_FAST a; _I64_NEG; _STORE_FAST c; top: ; _LOAD_FAST c; _I64_NOT; _STORE_FAST c; _LOAD_FAST b; _JUMP_IF_TRUE top; _EXIT_TRACE",
            leaves: """
                b0: _I64_NEG
                b1*: _I64_NOT _POLL_INTERRUPT _JUMP_IF_TRUE
                b2: _EXIT_TRACE
                """),
    ]

    /// Literals and entries are no uops: they go, too.
    @Test func literalsAndEntriesGo() throws {
        let bench = try PassBench("_LOAD_FAST a; _I64_CONST 5; _I64_ADD; _POP_TOP; _I64_CONST 6; _STORE_FAST c; _EXIT_TRACE")
        bench.run([.deadCode])
        #expect(
            bench.text == """
                b0
                  v3 = constant i64 6
                  _EXIT_TRACE -> exit 0 {c = v3}

                """)
    }

    /// A loop of sums, each of which needs the one before: taking them away is no recursion.
    @Test func longChain() throws {
        let body = "_LOAD_FAST a; " + String(repeating: "_I64_NEG; ", count: 5000) + "_POP_TOP; _EXIT_TRACE"
        let bench = try PassBench(body)
        #expect(bench.count("_I64_NEG") == 5000)
        bench.run([.deadCode])
        #expect(bench.skeleton == "b0: _EXIT_TRACE")
    }
}
