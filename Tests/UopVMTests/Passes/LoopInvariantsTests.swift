import Testing

@testable import UopVM

/// What is the same in each iteration is computed before the loop; what varies, has an effect, may leave only sometimes,
/// or sees what the loop writes stays.
struct LoopInvariantsTests {
    @Test(arguments: values + checks + memory + nested) func leaves(row: PassCase) throws {
        try row.expect(after: .commonSubexpressions, .loopInvariants)
    }

    /// A loop that counts `i` down with the body before; what `c` is in the end can be seen.
    private static func loop(_ body: String, before: String = "") -> String {
        "\(before.isEmpty ? "" : before + "; ")top: ; \(body); _LOAD_FAST i; _I64_CONST 1; _I64_SUB; _STORE_FAST i; _LOAD_FAST i; _JUMP_IF_TRUE top; _EXIT_TRACE"
    }

    private static func skeleton(before: String, body: String) -> String {
        (before.isEmpty ? "" : "b0: \(before)\n") + "b1*: \(body) _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE\nb2: _EXIT_TRACE"
    }

    /// Adds a value to `c`.
    private static let count = "_LOAD_FAST c; _I64_ADD; _STORE_FAST c"

    static let values: [PassCase] = [
        PassCase(
            "a product of what the loop leaves alone", loop("_LOAD_FAST a; _LOAD_FAST b; _I64_MUL; \(count)"),
            leaves: skeleton(before: "_I64_MUL", body: "_I64_ADD")),
        PassCase(
            "a product with what the loop counts", loop("_LOAD_FAST a; _LOAD_FAST i; _I64_MUL; \(count)"),
            leaves: skeleton(before: "", body: "_I64_MUL _I64_ADD")),
        PassCase(
            "what is made of what was moved", loop("_LOAD_FAST a; _I64_NEG; _LOAD_FAST b; _I64_MUL; _LOAD_FAST i; _I64_XOR; \(count)"),
            leaves: skeleton(before: "_I64_NEG _I64_MUL", body: "_I64_XOR _I64_ADD")),
        PassCase(
            "a local that the loop changes behind the use", loop("_LOAD_FAST a; _I64_NEG; \(count); _LOAD_FAST i; _STORE_FAST a"),
            leaves: skeleton(before: "", body: "_I64_NEG _I64_ADD")),
        PassCase(
            "a value of one way through the loop, that cannot leave",
            loop("_LOAD_FAST i; _JUMP_IF_TRUE over; _LOAD_FAST a; _LOAD_FAST b; _I64_MUL; \(count); over: "),
            leaves: """
                b0: _I64_MUL
                b1*: _JUMP_IF_TRUE
                b2*: _I64_ADD
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
        PassCase(
            "a comparison is better part of its jump",
            loop("_LOAD_FAST a; _LOAD_FAST b; _I64_LT_S; _JUMP_IF_TRUE over; _LOAD_FAST i; \(count); over: "),
            leaves: """
                b1*: _I64_LT_S _JUMP_IF_TRUE
                b2*: _I64_ADD
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
        PassCase(
            "a call", loop("_CALL_0_VALUE touch; \(count)"), leaves: skeleton(before: "", body: "_CALL_0_VALUE _I64_ADD")),
        PassCase(
            "a loop that is entered past its head has no place before it",
            "_LOAD_FAST a; _JUMP_IF_TRUE middle; " + loop("_LOAD_FAST i; \(count); middle: ; _LOAD_FAST a; _LOAD_FAST b; _I64_MUL; \(count)"),
            leaves: """
                b0: _JUMP_IF_TRUE
                b2*: _I64_ADD
                b3*: _I64_MUL _I64_ADD _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
    ]

    static let checks: [PassCase] = [
        PassCase(
            "a check that every iteration makes", loop("_LOAD_FAST a; _LOAD_FAST b; _I64_MUL_CHECKED -> early; \(count)"),
            leaves: skeleton(before: "_I64_MUL_CHECKED", body: "_I64_ADD")),
        PassCase(
            "a check behind an effect: nothing has happened yet where it leaves now",
            loop("_LOAD_FAST i; _LOAD_FAST i; _MEM_STORE_I64 data -> early; _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> done; \(count)"),
            leaves: skeleton(before: "_I64_DIV_S", body: "_MEM_CHECK _MEM_WRITE_I64 _I64_ADD")),
        PassCase(
            "a check that some iterations do not make",
            loop("_LOAD_FAST i; _JUMP_IF_TRUE over; _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> early; \(count); over: "),
            leaves: """
                b1*: _JUMP_IF_TRUE
                b2*: _I64_DIV_S _I64_ADD
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
        PassCase(
            "a check where ways have met again",
            loop("_LOAD_FAST i; _JUMP_IF_TRUE over; _LOAD_FAST i; \(count); over: ; _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> early; \(count)"),
            leaves: """
                b0: _I64_DIV_S
                b1*: _JUMP_IF_TRUE
                b2*: _I64_ADD
                b3*: _I64_ADD _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
        PassCase(
            "a guard of a condition decides a way: it stays", loop("_LOAD_FAST a; _GUARD_FALSE -> early; _LOAD_FAST b; \(count)"),
            leaves: skeleton(before: "", body: "_GUARD_FALSE _I64_ADD")),
        PassCase(
            "a guard of a word's class", loop("_LOAD_FAST o; _GUARD_TOS_INT -> early; _POP_TOP; _LOAD_FAST b; \(count)"),
            leaves: skeleton(before: "_GUARD_TOS_INT", body: "_I64_ADD")),
    ]

    static let memory: [PassCase] = [
        PassCase(
            "an element in a loop that writes nothing", loop("_LOAD_FAST a; _MEM_LOAD_I64 data; \(count)"),
            leaves: skeleton(before: "_MEM_CHECK _MEM_READ_I64", body: "_I64_ADD")),
        PassCase(
            "an element that the loop may write: only whether it is there stays the same",
            loop("_LOAD_FAST a; _MEM_LOAD_I64 data; \(count); _LOAD_FAST b; _LOAD_FAST c; _MEM_STORE_I64 data"),
            leaves: skeleton(before: "_MEM_CHECK _MEM_CHECK", body: "_MEM_READ_I64 _I64_ADD _MEM_WRITE_I64")),
        PassCase(
            "an element that the host may write",
            loop("_LOAD_FAST a; _MEM_LOAD_I64 data; \(count); _CALL_0_VALUE touch; _POP_TOP"),
            leaves: skeleton(before: "_MEM_CHECK", body: "_MEM_READ_I64 _I64_ADD _CALL_0_VALUE")),
        PassCase(
            "an element that another one leads to", loop("_LOAD_FAST a; _MEM_LOAD_I64 data; _MEM_LOAD_I64 other; \(count)"),
            leaves: skeleton(before: "_MEM_CHECK _MEM_READ_I64 _MEM_CHECK _MEM_READ_I64", body: "_I64_ADD")),
        PassCase(
            "an element behind a guard, which may be why it has no check",
            loop("_LOAD_FAST b; _GUARD_TRUE -> early; _LOAD_FAST a; _MEM_LOAD_I64 data; \(count)"),
            leaves: skeleton(before: "_MEM_CHECK", body: "_GUARD_TRUE _MEM_READ_I64 _I64_ADD")),
        PassCase(
            "an element that not every iteration reads",
            loop("_LOAD_FAST i; _JUMP_IF_TRUE over; _LOAD_FAST a; _MEM_LOAD_I64 data -> early; \(count); over: "),
            leaves: """
                b1*: _JUMP_IF_TRUE
                b2*: _MEM_CHECK _MEM_READ_I64 _I64_ADD
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
    ]

    private static let inner = "_LOAD_FAST n; _I64_CONST 1; _I64_SUB; _STORE_FAST n; _LOAD_FAST n; _JUMP_IF_TRUE inner"

    static let nested: [PassCase] = [
        PassCase(
            "out of both loops",
            loop("_LOAD_FAST i; \(count); inner: ; _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> early; \(count); \(inner)"),
            leaves: """
                b0: _I64_DIV_S
                b1*: _I64_ADD
                b2**: _I64_ADD _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
        PassCase(
            "out of the inner loop only: it depends on what the outer one counts",
            loop("_LOAD_FAST i; \(count); inner: ; _LOAD_FAST a; _LOAD_FAST i; _I64_DIV_S -> early; \(count); \(inner)"),
            leaves: """
                b1*: _I64_ADD _I64_DIV_S
                b2**: _I64_ADD _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
        PassCase(
            "of two checks before the inner loop one goes on, and the other still leaves from there",
            loop("_LOAD_FAST i; \(count); inner: ; _LOAD_FAST a; _LOAD_FAST i; _I64_DIV_S -> early; \(count); _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> done; \(count); \(inner)"),
            leaves: """
                b0: _I64_DIV_S
                b1*: _I64_ADD _I64_DIV_S
                b2**: _I64_ADD _I64_ADD _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b3*: _I64_SUB _POLL_INTERRUPT _JUMP_IF_TRUE
                b4: _EXIT_TRACE
                """),
    ]

    /// Where a check that was moved leaves: at the loop's head, with the state in which it is entered, and by no exit of the
    /// program. The interpreter then does what comes before the check, in order.
    @Test func leavesWithTheStateAtTheLoopsBeginning() throws {
        let body = Self.loop("_LOAD_FAST i; _STORE_FAST c; _LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> early; \(Self.count)", before: "_I64_CONST 4; _STORE_FAST n; _LOAD_FAST n")
            .replacing("_EXIT_TRACE", with: "_POP_TOP; _EXIT_TRACE")
        let bench = try PassBench(body)
        bench.run([.commonSubexpressions, .loopInvariants])
        let line = try #require(bench.text.split(separator: "\n").first { $0.contains("_I64_DIV_S") })
        #expect(line.hasSuffix("-> exit 4294967295 {n = v0 | v0}"), "\(line)")
        try PassBench.check(body)
    }

    /// Equal checks come together before a loop; where one of them goes, those beside it still leave.
    @Test func equalChecksBeforeALoop() throws {
        let body = "_LOAD_FAST a; _LOAD_FAST b; _I64_DIV_S -> early; _STORE_FAST n; " + Self.loop(
            "_LOAD_FAST i; _STORE_FAST c; _LOAD_FAST a; _LOAD_FAST o; _GUARD_TOS_INT -> done; _POP_TOP; _LOAD_FAST b; _I64_REM_S; \(Self.count)")
        try PassBench.check(body)
        let bench = try PassBench(body)
        bench.run([.commonSubexpressions, .loopInvariants, .commonSubexpressions])
        #expect(bench.skeleton.hasPrefix("b0: _I64_DIV_S _GUARD_TOS_INT _I64_REM_S\n"))
    }
}
