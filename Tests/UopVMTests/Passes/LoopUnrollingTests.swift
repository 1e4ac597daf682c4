import Testing

@testable import UopVM

/// Short innermost loops are repeated; one copy polls.
struct LoopUnrollingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        var countsFuel = false
        /// Nil where the loop stays as it is.
        let unrolled: String?
    }

    private static let step = "_LOAD_FAST i; _I64_CONST 1; _I64_ADD; _STORE_FAST i"

    /// A loop with its test at the end.
    private static func loop(_ body: String) -> String { "top: ; \(body); _LOAD_FAST i; _JUMP_IF_TRUE top; _EXIT_TRACE" }

    static let cases: [Case] = [
        Case(
            testDescription: "a test at the end leaves from the first copy, and goes back from the last", body: loop(step),
            unrolled: """
                0: I64_ADD JUMP_IF_FALSE>13 I64_ADD POLL_INTERRUPT JUMP_IF_TRUE>0
                13: EXIT_TRACE
                """),
        Case(
            testDescription: "fuel is counted in both copies", body: loop(step), countsFuel: true,
            unrolled: """
                0: I64_ADD POLL_FUEL JUMP_IF_FALSE>14 I64_ADD POLL_FUEL JUMP_IF_TRUE>0
                14: EXIT_TRACE
                """),
        Case(
            testDescription: "a loop without a test: the first copy falls into the second",
            body: "top: ; \(step); _LOAD_FAST i; _LOAD_FAST n; _I64_LT_S; _GUARD_TRUE; _JUMP top",
            unrolled: "0: I64_ADD I64_LT_S GUARD_TRUE I64_ADD I64_LT_S GUARD_TRUE POLL_INTERRUPT JUMP>0"),
        Case(
            testDescription: "two locals that hand values on are in their places after two iterations",
            body: loop("_LOAD_FAST b; _STORE_FAST a; _LOAD_FAST c; _STORE_FAST b; \(step)").replacing("_LOAD_FAST c", with: "_LOAD_FAST c; _I64_NEG"),
            unrolled: """
                0: I64_NEG I64_ADD JUMP_IF_FALSE>23 I64_NEG I64_ADD POLL_INTERRUPT JUMP_IF_TRUE>0
                23: EXIT_TRACE
                """),
        Case(
            testDescription: "three locals that change places are in them after three iterations",
            body: loop("_LOAD_FAST a; _LOAD_FAST b; _STORE_FAST a; _LOAD_FAST c; _STORE_FAST b; _STORE_FAST c; \(step)"),
            unrolled: """
                0: I64_ADD JUMP_IF_FALSE>37 I64_ADD JUMP_IF_FALSE>37 I64_ADD POLL_INTERRUPT JUMP_IF_TRUE>0
                37: EXIT_TRACE
                """),
        Case(
            testDescription: "a chain of four takes four copies",
            body: loop("_LOAD_FAST b; _STORE_FAST a; _LOAD_FAST c; _STORE_FAST b; _LOAD_FAST n; _STORE_FAST c; _LOAD_FAST n; _I64_NEG; _STORE_FAST n; _LOAD_FAST n; _STORE_FAST i"),
            unrolled: """
                0: I64_NEG JUMP_IF_FALSE>53 I64_NEG JUMP_IF_FALSE>53 I64_NEG JUMP_IF_FALSE>53 I64_NEG POLL_INTERRUPT JUMP_IF_TRUE>0
                53: EXIT_TRACE
                """),
        Case(
            testDescription: "branches stay within their copy",
            body: loop("_LOAD_FAST n; _JUMP_IF_TRUE over; _LOAD_FAST a; _I64_NEG; _STORE_FAST a; over: ; \(step)"),
            unrolled: """
                0: JUMP_IF_TRUE>5 I64_NEG
                5: I64_ADD JUMP_IF_FALSE>23 JUMP_IF_TRUE>16 I64_NEG
                16: I64_ADD POLL_INTERRUPT JUMP_IF_TRUE>0
                23: EXIT_TRACE
                """),
        Case(
            testDescription: "a way out in the middle leads out of both copies",
            body: loop("_LOAD_FAST n; _JUMP_IF_TRUE end; \(step)").replacing("_EXIT_TRACE", with: "end: ; _EXIT_TRACE"),
            unrolled: """
                0: JUMP_IF_TRUE>17 I64_ADD JUMP_IF_FALSE>17 JUMP_IF_TRUE>17 I64_ADD POLL_INTERRUPT JUMP_IF_TRUE>0
                17: EXIT_TRACE
                """),
        Case(
            testDescription: "of nested loops only the inner one",
            body: "top: ; \(step); inner: ; _LOAD_FAST n; _I64_NEG; _STORE_FAST n; _LOAD_FAST n; _JUMP_IF_TRUE inner; _LOAD_FAST i; _JUMP_IF_TRUE top; _EXIT_TRACE",
            unrolled: """
                0: I64_ADD
                4: I64_NEG JUMP_IF_FALSE>15 I64_NEG POLL_INTERRUPT JUMP_IF_TRUE>4
                15: POLL_INTERRUPT JUMP_IF_TRUE>0 EXIT_TRACE
                """),
        Case(
            testDescription: "a poll for another jump than the loop's own stays in each copy",
            body: "outer: ; \(step); top: ; _LOAD_FAST n; _I64_NEG; _STORE_FAST n; _LOAD_FAST n; _JUMP_IF_TRUE outer; _LOAD_FAST a; _JUMP_IF_TRUE top; _EXIT_TRACE",
            unrolled: """
                0: I64_ADD
                4: I64_NEG POLL_INTERRUPT JUMP_IF_TRUE>0 JUMP_IF_FALSE>21 I64_NEG POLL_INTERRUPT JUMP_IF_TRUE>0 POLL_INTERRUPT JUMP_IF_TRUE>4
                21: EXIT_TRACE
                """),
        Case(
            testDescription: "two jumps back to one head",
            body: "top: ; \(step); _LOAD_FAST n; _JUMP_IF_TRUE top; _LOAD_FAST i; _JUMP_IF_TRUE top; _EXIT_TRACE", unrolled: nil),
        Case(
            testDescription: "a jump into the middle",
            body: "_LOAD_FAST n; _JUMP_IF_TRUE middle; top: ; \(step); middle: ; _LOAD_FAST i; _JUMP_IF_TRUE top; _EXIT_TRACE",
            unrolled: nil),
        Case(
            testDescription: "a body of 40 instructions and a jump is too long",
            body: loop(String(repeating: "_LOAD_FAST b; _I64_NEG; _STORE_FAST b; ", count: 13) + "_LOAD_FAST b; _STORE_FAST i"), unrolled: nil),
        Case(testDescription: "no loop", body: "_LOAD_FAST n; _JUMP_IF_TRUE end; \(step); end: ; _EXIT_TRACE", unrolled: nil),
    ]

    @Test(arguments: cases) func unrolls(row: Case) throws {
        let found = try RegionBench(row.body, countsFuel: row.countsFuel).unrolled()
        #expect(found == row.unrolled)
        try PassBench.check(row.body)
    }

    /// The interpreter goes on in the program's region, wherever machine code leaves: each copy knows what it is one of.
    @Test func copiesKnowTheirOrigins() throws {
        let body = Self.loop(Self.step)
        let region = try BaseSet.program(PassBench.text(body)).verified(catalog: BaseSet.catalog).regions().regions[0]
        let unrolled = try #require(try RegionBench(body).unrolledRegion())
        #expect(unrolled.origins.count == unrolled.instructions.count)
        for (copy, origin) in zip(unrolled.instructions, unrolled.origins) {
            let original = region.instructions[Int(origin)]
            #expect(copy.statement == original.statement && copy.depth == original.depth && copy.exit == original.exit)
        }
        #expect(unrolled.origins.count { $0 == 2 } == 2, "the sum is there twice")
    }
}
