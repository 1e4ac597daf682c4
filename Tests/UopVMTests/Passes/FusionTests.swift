import Testing

@testable import UopVM

/// A comparison becomes part of the jump or guard behind it, unless somebody else needs its value.
struct FusionTests {
    @Test(arguments: cases) func leaves(row: PassCase) throws { try row.expect(after: .fusion) }

    private static let less = "_LOAD_FAST a; _LOAD_FAST b; _I64_LT_S"

    static let cases: [PassCase] = [
        PassCase(
            "a comparison and a jump", "\(less); _JUMP_IF_FALSE over; _LOAD_FAST a; _STORE_FAST c; over: ; _EXIT_TRACE",
            leaves: """
                b0: _I64_LT_S+_JUMP_IF_FALSE
                b2: _EXIT_TRACE
                """),
        PassCase("a comparison and a guard", "\(less); _GUARD_TRUE -> early; _EXIT_TRACE -> done", leaves: "b0: _I64_LT_S+_GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "literals do not stand between", "_LOAD_FAST a; _I64_CONST 5; _I64_GE_U; _GUARD_FALSE; _EXIT_TRACE",
            leaves: "b0: _I64_GE_U+_GUARD_FALSE _EXIT_TRACE"),
        PassCase(
            "floats: what is not less need not be at least",
            "_LOAD_FAST y; _LOAD_FAST x; _F64_LT; _JUMP_IF_FALSE over; _LOAD_FAST a; _STORE_FAST c; over: ; _LOAD_FAST y; _LOAD_FAST y; _F64_NE; _GUARD_TRUE; _EXIT_TRACE",
            leaves: """
                b0: _F64_LT+_JUMP_IF_FALSE
                b2: _F64_NE+_GUARD_TRUE _EXIT_TRACE
                """),
        PassCase(
            "of two jumps on one value, none", "\(less); _DUP; _JUMP_IF_TRUE over; over: ; _GUARD_FALSE; _EXIT_TRACE",
            leaves: """
                b0: _I64_LT_S _JUMP_IF_TRUE
                b1: _GUARD_FALSE _EXIT_TRACE
                """),
        PassCase(
            "a value that stays on the stack", "\(less); _DUP; _GUARD_TRUE; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: _I64_LT_S _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a value that is in a local, too", "\(less); _DUP; _STORE_FAST c; _GUARD_TRUE; _EXIT_TRACE",
            leaves: "b0: _I64_LT_S _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "an effect in between", "\(less); _LOAD_FAST i; _LOAD_FAST n; _MEM_STORE_I64 data; _GUARD_TRUE; _EXIT_TRACE",
            leaves: "b0: _I64_LT_S _MEM_CHECK _MEM_WRITE_I64 _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a poll in between: its exit sees the value",
            "top: ; \(less); _JUMP_IF_TRUE top; _EXIT_TRACE",
            leaves: """
                b1*: _I64_LT_S _POLL_INTERRUPT _JUMP_IF_TRUE
                b2: _EXIT_TRACE
                """),
        PassCase(
            "another value in between", "\(less); _LOAD_FAST i; _I64_NEG; _STORE_FAST i; _GUARD_TRUE; _EXIT_TRACE",
            leaves: "b0: _I64_LT_S _I64_NEG _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a guard that leads into another trace, whose words are set up by code",
            "trace main; \(less); _GUARD_TRUE -> second; _EXIT_TRACE; end; trace second(i64); _STORE_FAST c; _EXIT_TRACE; end",
            leaves: "b0: _I64_LT_S _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "a value of another block", "\(less); _LOAD_FAST i; _JUMP_IF_TRUE over; over: ; _GUARD_TRUE; _EXIT_TRACE",
            leaves: """
                b0: _I64_LT_S _JUMP_IF_TRUE
                b1: _GUARD_TRUE _EXIT_TRACE
                """),
        PassCase(
            "a sum is no comparison", "_LOAD_FAST a; _LOAD_FAST b; _I64_ADD; _GUARD_TRUE; _EXIT_TRACE",
            leaves: "b0: _I64_ADD _GUARD_TRUE _EXIT_TRACE"),
    ]

    /// The words of a fused guard's exit: the comparison's is computed for it, as if the guard had not been executed.
    @Test(arguments: [("_I64_CONST 5", "_I64_CONST 3", 0), ("_I64_CONST 3", "_I64_CONST 5", 1)])
    func exitSeesTheComparison(left: String, right: String, word: UInt64) throws {
        let guardName = word == 0 ? "_GUARD_TRUE" : "_GUARD_FALSE"
        let body = "_LOAD_FAST n; \(left); \(right); _I64_LT_S; \(guardName) -> early; _POP_TOP; _EXIT_TRACE -> done"
        let bench = try PassBench(body)
        bench.run([.fusion])
        #expect(bench.skeleton == "b0: _I64_LT_S+\(guardName) _EXIT_TRACE")
        let touch = Helper("touch", result: .I64) { _ in .value(0) }
        let result = try BaseSet.execution(PassBench.text(body), helpers: [touch]).run(.jit)
        #expect(result.stack.map(\.word) == [3, word])
    }
}
