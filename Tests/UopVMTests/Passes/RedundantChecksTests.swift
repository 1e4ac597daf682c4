import Testing

@testable import UopVM

/// Checks that cannot fail go; those that can fail for a single number stay.
struct RedundantChecksTests {
    @Test(arguments: indices + sums + differences) func leaves(row: PassCase) throws {
        try row.expect(after: .commonSubexpressions, .redundantChecks)
    }

    /// A loop over `data`: `i` from `start` on, as long as `test`, `body` with the element at `index`, then `step`.
    private static func loop(
        start: String = "_I64_CONST 0", test: String = "_LOAD_FAST i; _MEM_SIZE_I64 data; _I64_LT_S",
        index: String = "_LOAD_FAST i", step: String = "_I64_CONST 1; _I64_ADD_CHECKED"
    ) -> String {
        """
        \(start); _STORE_FAST i
        top: ; \(test); _JUMP_IF_FALSE end
        \(index); _MEM_LOAD_I64 data -> early; _LOAD_FAST c; _I64_ADD; _STORE_FAST c
        _LOAD_FAST i; \(step); _STORE_FAST i; _JUMP top
        end: ; _EXIT_TRACE -> done
        """
    }

    private static func loopSkeleton(test: String, body: String) -> String {
        """
        b1*: \(test) _JUMP_IF_FALSE
        b2*: \(body) _POLL_INTERRUPT _JUMP
        b3: _EXIT_TRACE
        """
    }

    private static let size = "_MEM_SIZE_I64 _I64_LT_S"

    static let indices: [PassCase] = [
        PassCase(
            "an index from 0 on, below the count, needs no check, and its step none", loop(),
            leaves: loopSkeleton(test: size, body: "_MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "the same, compared the other way round",
            loop(test: "_MEM_SIZE_I64 data; _LOAD_FAST i; _I64_GT_S"),
            leaves: loopSkeleton(test: "_MEM_SIZE_I64 _I64_GT_S", body: "_MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "an index that may be the count: one too many; its step may need the check as far as is known",
            loop(test: "_LOAD_FAST i; _MEM_SIZE_I64 data; _I64_LE_S"),
            leaves: loopSkeleton(
                test: "_MEM_SIZE_I64 _I64_LE_S", body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD_CHECKED")),
        PassCase(
            "an index that differs from the count may be beyond",
            loop(start: "_LOAD_FAST n", test: "_LOAD_FAST i; _MEM_SIZE_I64 data; _I64_NE"),
            leaves: loopSkeleton(
                test: "_MEM_SIZE_I64 _I64_NE", body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD_CHECKED")),
        PassCase(
            "an index from -1 on is negative once", loop(start: "_I64_CONST -1"),
            leaves: loopSkeleton(test: size, body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "an index that begins anywhere", loop(start: "_LOAD_FAST i"),
            leaves: loopSkeleton(test: size, body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "an index that wraps around to negative numbers",
            loop(step: "_I64_CONST 9223372036854775807; _I64_ADD"),
            leaves: loopSkeleton(test: size, body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "an index that may go down", loop(step: "_LOAD_FAST a; _I64_ADD_CHECKED"),
            leaves: loopSkeleton(test: size, body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD_CHECKED")),
        PassCase(
            "an index that was compared with another buffer's count",
            loop(test: "_LOAD_FAST i; _MEM_SIZE_I8 bytes; _I64_LT_S"),
            leaves: loopSkeleton(
                test: "_MEM_SIZE_I8 _I64_LT_S", body: "_MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "the element behind the one that was compared", loop(index: "_LOAD_FAST i; _I64_CONST 1; _I64_ADD_CHECKED"),
            leaves: loopSkeleton(test: size, body: "_I64_ADD _MEM_CHECK _MEM_READ_I64 _I64_ADD")),
        PassCase(
            "the element before the one that was compared: -1 for the first",
            loop(index: "_LOAD_FAST i; _I64_CONST 1; _I64_SUB_CHECKED"),
            leaves: loopSkeleton(test: size, body: "_I64_SUB _MEM_CHECK _MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "the element before, from the second one on",
            loop(
                test: "_LOAD_FAST i; _I64_CONST 0; _I64_GT_S; _GUARD_TRUE; _LOAD_FAST i; _MEM_SIZE_I64 data; _I64_LT_S",
                index: "_LOAD_FAST i; _I64_CONST 1; _I64_SUB_CHECKED"),
            leaves: loopSkeleton(test: "_I64_GT_S _GUARD_TRUE \(size)", body: "_I64_SUB _MEM_READ_I64 _I64_ADD _I64_ADD")),
        PassCase(
            "guards say what jumps do",
            """
            _LOAD_FAST a; _MEM_SIZE_I64 data; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST a; _I64_CONST 255; _I64_AND; _STORE_FAST c
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_GE_S; _GUARD_FALSE; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST n
            _LOAD_FAST a; _MEM_LOAD_I64 data; _STORE_FAST b; _EXIT_TRACE
            """,
            leaves: """
                b0: _MEM_SIZE_I64 _I64_LT_S _GUARD_TRUE _I64_AND _I64_GE_S _GUARD_FALSE _MEM_READ_I64 \
                _MEM_CHECK _MEM_READ_I64 _EXIT_TRACE
                """),
        PassCase(
            "a guard behind the access comes too late",
            """
            _LOAD_FAST a; _I64_CONST 255; _I64_AND; _STORE_FAST c; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST n
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_LT_S; _GUARD_TRUE; _EXIT_TRACE
            """,
            leaves: "b0: _I64_AND _MEM_CHECK _MEM_READ_I64 _MEM_SIZE_I64 _I64_LT_S _GUARD_TRUE _EXIT_TRACE"),
        PassCase(
            "what holds on one way does not hold where ways meet",
            """
            _LOAD_FAST a; _I64_CONST 255; _I64_AND; _STORE_FAST c
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_LT_S; _JUMP_IF_FALSE over
            _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST n
            over: ; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST b; _EXIT_TRACE
            """,
            leaves: """
                b0: _I64_AND _MEM_SIZE_I64 _I64_LT_S _JUMP_IF_FALSE
                b1: _MEM_READ_I64
                b2: _MEM_CHECK _MEM_READ_I64 _EXIT_TRACE
                """),
        PassCase(
            "a jump over nothing says nothing",
            """
            _LOAD_FAST a; _I64_CONST 255; _I64_AND; _STORE_FAST c
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_LT_S; _JUMP_IF_FALSE over
            over: ; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST b; _EXIT_TRACE
            """,
            leaves: """
                b0: _I64_AND _MEM_SIZE_I64 _I64_LT_S _JUMP_IF_FALSE
                b1: _MEM_CHECK _MEM_READ_I64 _EXIT_TRACE
                """),
        PassCase(
            "shifted by 64 is not shifted: the number may be negative",
            """
            _LOAD_FAST a; _I64_CONST 64; _I64_SHR_U; _STORE_FAST c
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST n; _EXIT_TRACE
            """,
            leaves: "b0: _I64_SHR_U _MEM_SIZE_I64 _I64_LT_S _GUARD_TRUE _MEM_CHECK _MEM_READ_I64 _EXIT_TRACE"),
        PassCase(
            "shifted by 65 is shifted by 1",
            """
            _LOAD_FAST a; _I64_CONST 65; _I64_SHR_U; _STORE_FAST c
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST n; _EXIT_TRACE
            """,
            leaves: "b0: _I64_SHR_U _MEM_SIZE_I64 _I64_LT_S _GUARD_TRUE _MEM_READ_I64 _EXIT_TRACE"),
        PassCase(
            "the rest of a negative number is negative",
            """
            _LOAD_FAST a; _I64_CONST 8; _I64_REM_S; _STORE_FAST c
            _LOAD_FAST c; _MEM_SIZE_I64 data; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST c; _MEM_LOAD_I64 data; _STORE_FAST n; _EXIT_TRACE
            """,
            leaves: "b0: _I64_REM_S _MEM_SIZE_I64 _I64_LT_S _GUARD_TRUE _MEM_CHECK _MEM_READ_I64 _EXIT_TRACE"),
    ]

    /// `value + literal`, or `value + other`, checked: is the check gone?
    private static func sum(_ name: String, _ left: String, _ right: String, fits: Bool, extra: String) -> PassCase {
        PassCase(
            name, "\(left); \(right); _I64_ADD_CHECKED; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: \(extra) \(fits ? "_I64_ADD" : "_I64_ADD_CHECKED") _EXIT_TRACE")
    }

    private static let mask = "_LOAD_FAST a; _I64_CONST 9223372036854775802; _I64_AND"
    private static let byte = "_LOAD_FAST a; _I64_EXTEND8_U"

    static let sums: [PassCase] = [
        sum("two bytes", byte, "_LOAD_FAST b; _I64_EXTEND8_U", fits: true, extra: "_I64_EXTEND8_U _I64_EXTEND8_U"),
        sum("a byte, and anything", byte, "_LOAD_FAST b", fits: false, extra: "_I64_EXTEND8_U"),
        sum("a byte with a sign", "_LOAD_FAST a; _I64_EXTEND8_S", "_I64_CONST 9223372036854775807", fits: false, extra: "_I64_EXTEND8_S"),
        sum("as much as there is room for", mask, "_I64_CONST 5", fits: true, extra: "_I64_AND"),
        sum("one more than there is room for", mask, "_I64_CONST 6", fits: false, extra: "_I64_AND"),
        sum("half of the range twice", "_LOAD_FAST a; _I64_CONST 2; _I64_SHR_U", "_LOAD_FAST b; _I64_CONST 2; _I64_SHR_U", fits: true, extra: "_I64_SHR_U _I64_SHR_U"),
        sum("all of the range twice", "_LOAD_FAST a; _I64_CONST 1; _I64_SHR_U", "_LOAD_FAST b; _I64_CONST 1; _I64_SHR_U", fits: false, extra: "_I64_SHR_U _I64_SHR_U"),
        sum("a mask with its sign bit is no bound", "_LOAD_FAST a; _I64_CONST -8; _I64_AND", "_I64_CONST 1", fits: false, extra: "_I64_AND"),
        sum(
            "what is below something has room for 1", "_LOAD_FAST a; _LOAD_FAST b; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST a",
            "_I64_CONST 1", fits: true, extra: "_I64_LT_S _GUARD_TRUE"),
        sum(
            "but not for 2", "_LOAD_FAST a; _LOAD_FAST b; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST a",
            "_I64_CONST 2", fits: false, extra: "_I64_LT_S _GUARD_TRUE"),
        sum(
            "what is at most something has no room", "_LOAD_FAST a; _LOAD_FAST b; _I64_LE_S; _GUARD_TRUE; _LOAD_FAST a",
            "_I64_CONST 1", fits: false, extra: "_I64_LE_S _GUARD_TRUE"),
        sum(
            "what is above something has no room", "_LOAD_FAST a; _LOAD_FAST b; _I64_GT_S; _GUARD_TRUE; _LOAD_FAST a",
            "_I64_CONST 1", fits: false, extra: "_I64_GT_S _GUARD_TRUE"),
        sum(
            "not above: at most", "_LOAD_FAST a; _LOAD_FAST b; _I64_GT_S; _GUARD_FALSE; _LOAD_FAST a",
            "_I64_CONST 1", fits: false, extra: "_I64_GT_S _GUARD_FALSE"),
        sum(
            "not at least: below", "_LOAD_FAST a; _LOAD_FAST b; _I64_GE_S; _GUARD_FALSE; _LOAD_FAST a",
            "_I64_CONST 1", fits: true, extra: "_I64_GE_S _GUARD_FALSE"),
        sum(
            "below without a sign: the sign bit's numbers are below -1", "_LOAD_FAST a; _LOAD_FAST b; _I64_LT_U; _GUARD_TRUE; _LOAD_FAST a",
            "_I64_CONST 1", fits: false, extra: "_I64_LT_U _GUARD_TRUE"),
        sum(
            "a byte that is below 0: nothing leads there, and every sum would do",
            "\(byte); _STORE_FAST n; _LOAD_FAST n; _I64_CONST 0; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST n",
            "_LOAD_FAST n", fits: true, extra: "_I64_EXTEND8_U _I64_LT_S _GUARD_TRUE"),
        sum("a negative step from 0 up", byte, "_I64_CONST -9223372036854775808", fits: true, extra: "_I64_EXTEND8_U"),
        sum("a negative step from anywhere", "_LOAD_FAST a", "_I64_CONST -1", fits: false, extra: "").trimmed,
    ]

    /// `value - other`, checked: is the check gone?
    private static func difference(_ name: String, _ left: String, _ right: String, fits: Bool, extra: String) -> PassCase {
        PassCase(
            name, "\(left); \(right); _I64_SUB_CHECKED; _STORE_FAST c; _EXIT_TRACE",
            leaves: "b0: \(extra) \(fits ? "_I64_SUB" : "_I64_SUB_CHECKED") _EXIT_TRACE")
    }

    static let differences: [PassCase] = [
        difference("any number from a byte", byte, "_I64_CONST 9223372036854775807", fits: true, extra: "_I64_EXTEND8_U"),
        difference("-1 from a byte", byte, "_I64_CONST -1", fits: false, extra: "_I64_EXTEND8_U"),
        difference("the least number from a byte", byte, "_I64_CONST -9223372036854775808", fits: false, extra: "_I64_EXTEND8_U"),
        difference("1 from anything", "_LOAD_FAST a", "_I64_CONST 1", fits: false, extra: "").trimmed,
        difference(
            "1 from what is above 0", "_I64_CONST 0; _LOAD_FAST a; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST a", "_I64_CONST 1",
            fits: true, extra: "_I64_LT_S _GUARD_TRUE"),
        difference(
            "1 from what is above the least number but one: as far as is known, anything",
            "_LOAD_FAST a; _I64_CONST -9223372036854775807; _I64_GT_S; _GUARD_TRUE; _LOAD_FAST a", "_I64_CONST 1",
            fits: false, extra: "_I64_GT_S _GUARD_TRUE"),
        difference(
            "1 from what is above another number", "_LOAD_FAST b; _LOAD_FAST a; _I64_LT_S; _GUARD_TRUE; _LOAD_FAST a",
            "_I64_CONST 1", fits: false, extra: "_I64_LT_S _GUARD_TRUE"),
    ]

    /// The exits of checks that are gone are nobody's.
    @Test func exitsGoWithTheirChecks() throws {
        let bench = try PassBench(Self.loop())
        func leaving(_ graph: borrowing Graph) -> Int {
            (0..<graph.exits.count).count { graph.exits[$0].node != Graph.absent }
        }
        let before = leaving(bench.graph)
        bench.run([.redundantChecks])
        #expect(before - leaving(bench.graph) == 2, "those of the element and of the step")
    }
}

extension PassCase {
    /// Without the blank that nothing before a uop leaves.
    var trimmed: PassCase { PassCase(testDescription, body, leaves: skeleton.replacing(":  ", with: ": ")) }
}
