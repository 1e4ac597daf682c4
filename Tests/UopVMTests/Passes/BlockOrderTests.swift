import Testing

@testable import UopVM

/// Blocks come in an order in which each has a way into it from before, and control takes the same way.
struct BlockOrderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        /// Nil where the order stays.
        let ordered: String?
    }

    static let cases: [Case] = [
        Case(testDescription: "a straight run", body: "_LOAD_FAST a; _GUARD_TRUE; _EXIT_TRACE", ordered: nil),
        Case(
            testDescription: "a loop with its test at the beginning",
            body: "top: ; _LOAD_FAST i; _JUMP_IF_FALSE end; _LOAD_FAST i; _I64_NEG; _STORE_FAST i; _JUMP top; end: ; _EXIT_TRACE",
            ordered: nil),
        Case(
            testDescription: "a loop with its test at the end, entered there: the test comes first, turned round",
            body: "_JUMP test; body: ; _LOAD_FAST i; _I64_NEG; _STORE_FAST i; test: ; _LOAD_FAST i; _JUMP_IF_TRUE body; _EXIT_TRACE",
            ordered: """
                0: JUMP>1
                1: POLL_INTERRUPT JUMP_IF_FALSE>8 I64_NEG JUMP>1
                8: EXIT_TRACE
                """),
        Case(
            testDescription: "two blocks behind each other, the first reached from the second",
            body: "_JUMP second; first: ; _LOAD_FAST a; _STORE_FAST b; _EXIT_TRACE -> done; second: ; _LOAD_FAST a; _JUMP_IF_TRUE first; _EXIT_TRACE -> early",
            ordered: """
                0: JUMP>1
                1: POLL_INTERRUPT JUMP_IF_FALSE>7 EXIT_TRACE
                7: EXIT_TRACE
                """),
        Case(
            testDescription: "what falls through elsewhere gets a jump",
            body: "_JUMP second; first: ; _LOAD_FAST a; _STORE_FAST b; last: ; _EXIT_TRACE; second: ; _LOAD_FAST a; _JUMP_IF_TRUE first; _LOAD_FAST b; _JUMP_IF_FALSE last; _EXIT_TRACE",
            ordered: """
                0: JUMP>1
                1: POLL_INTERRUPT JUMP_IF_FALSE>7 JUMP>10
                7: POLL_INTERRUPT JUMP_IF_TRUE>11
                10: EXIT_TRACE
                11: EXIT_TRACE
                """),
    ]

    @Test(arguments: cases) func orders(row: Case) throws {
        let found = try RegionBench(row.body).ordered()
        #expect(found == row.ordered)
        try PassBench.check(row.body)
    }

    /// Rotation puts the test of such a loop at its end again, and a second one before.
    @Test func rotationRestoresTheTestAtTheEnd() throws {
        let found = try RegionBench(Self.cases[2].body).orderedAndRotated()
        #expect(
            found == """
                0: JUMP>1
                1: POLL_INTERRUPT JUMP_IF_FALSE>10
                4: I64_NEG POLL_INTERRUPT JUMP_IF_TRUE>4
                10: EXIT_TRACE
                """)
    }
}
