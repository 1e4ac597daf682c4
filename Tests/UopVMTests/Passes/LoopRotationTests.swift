import Testing

@testable import UopVM

/// Where a jump leads back to a test that leaves the loop, the test takes its place, turned round.
struct LoopRotationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        /// Nil where the loop stays as it is.
        let rotated: String?
    }

    private static let step = "_LOAD_FAST i; _I64_CONST 1; _I64_ADD; _STORE_FAST i"

    private static func loop(head: String = "", jump: String = "_JUMP_IF_FALSE end", body: String = step, last: String = "_JUMP top") -> String {
        "_LOAD_FAST a; _STORE_FAST i; top: ; \(head)_LOAD_FAST i; _LOAD_FAST n; _I64_LT_S; \(jump); \(body); \(last); end: ; _EXIT_TRACE"
    }

    static let cases: [Case] = [
        Case(
            testDescription: "a test that leaves when it fails goes on when it holds", body: loop(),
            rotated: """
                0:
                2: I64_LT_S JUMP_IF_FALSE>15
                6: I64_ADD POLL_INTERRUPT I64_LT_S JUMP_IF_TRUE>6
                15: EXIT_TRACE
                """),
        Case(
            testDescription: "a test that leaves when it holds",
            body: loop(jump: "_JUMP_IF_TRUE end"),
            rotated: """
                0:
                2: I64_LT_S JUMP_IF_TRUE>15
                6: I64_ADD POLL_INTERRUPT I64_LT_S JUMP_IF_FALSE>6
                15: EXIT_TRACE
                """),
        Case(
            testDescription: "what comes before the test is repeated, too",
            body: loop(head: "_LOAD_FAST b; _I64_NEG; _STORE_FAST b; "),
            rotated: """
                0:
                2: I64_NEG I64_LT_S JUMP_IF_FALSE>21
                9: I64_ADD POLL_INTERRUPT I64_NEG I64_LT_S JUMP_IF_TRUE>9
                21: EXIT_TRACE
                """),
        Case(
            testDescription: "the way out is before the loop: a poll on it is repeated, too, and a jump leads there",
            body: "_JUMP over; end: ; _EXIT_TRACE -> done; over: ; \(loop().replacing("; end: ; _EXIT_TRACE", with: ""))",
            rotated: """
                0: JUMP>2
                1: EXIT_TRACE
                2:
                4: I64_LT_S POLL_INTERRUPT JUMP_IF_FALSE>1
                9: I64_ADD POLL_INTERRUPT I64_LT_S POLL_INTERRUPT JUMP_IF_TRUE>9 JUMP>1
                """),
        Case(testDescription: "a jump to the top of the trace", body: loop().replacing("_LOAD_FAST a; _STORE_FAST i; top: ; ", with: "").replacing("_JUMP top", with: "_JUMP_TO_TOP"),
            rotated: """
                0: I64_LT_S JUMP_IF_FALSE>13
                4: I64_ADD POLL_INTERRUPT I64_LT_S JUMP_IF_TRUE>4
                13: EXIT_TRACE
                """),
        Case(
            testDescription: "a jump to the top, and no operands behind it: the jump to the way out has one of its own",
            body: """
                _LOAD_FAST i; _JUMP_IF_FALSE end; _LOAD_FAST n; _JUMP_IF_TRUE early; _JUMP_TO_TOP
                early: ; _EXIT_TRACE; end: ; _EXIT_TRACE
                """,
            rotated: """
                0: JUMP_IF_FALSE>9
                2: JUMP_IF_TRUE>8 POLL_INTERRUPT JUMP_IF_TRUE>2 JUMP>9
                8: EXIT_TRACE
                9: EXIT_TRACE
                """),
        Case(
            testDescription: "nested loops, each with its test",
            body: """
                top: ; _LOAD_FAST i; _JUMP_IF_FALSE end
                inner: ; _LOAD_FAST n; _JUMP_IF_FALSE out; _LOAD_FAST n; _I64_NEG; _STORE_FAST n; _JUMP inner
                out: ; _LOAD_FAST i; _I64_NOT; _STORE_FAST i; _JUMP top
                end: ; _EXIT_TRACE
                """,
            rotated: """
                0: JUMP_IF_FALSE>16
                2: JUMP_IF_FALSE>10
                4: I64_NEG POLL_INTERRUPT JUMP_IF_TRUE>4
                10: I64_NOT POLL_INTERRUPT JUMP_IF_TRUE>2
                16: EXIT_TRACE
                """),
        Case(
            testDescription: "a test at the end already",
            body: "top: ; \(step); _LOAD_FAST i; _JUMP_IF_TRUE top; _EXIT_TRACE", rotated: nil),
        Case(
            testDescription: "a loop without a test", body: "top: ; \(step); _LOAD_FAST i; _GUARD_TRUE; _JUMP top", rotated: nil),
        Case(
            testDescription: "a test that stays in the loop",
            body: "top: ; _LOAD_FAST i; _JUMP_IF_TRUE over; \(step); over: ; _LOAD_FAST n; _JUMP_IF_TRUE end; _JUMP top; end: ; _EXIT_TRACE",
            rotated: nil),
        Case(
            testDescription: "a jump into the middle of the test",
            body: "_LOAD_FAST n; _JUMP_IF_TRUE middle; top: ; \(step); middle: ; _LOAD_FAST i; _JUMP_IF_TRUE end; \(step); _JUMP top; end: ; _EXIT_TRACE",
            rotated: nil),
        Case(
            testDescription: "a test of more than 24 instructions",
            body: loop(head: String(repeating: "_LOAD_FAST b; _I64_NEG; _STORE_FAST b; ", count: 8)), rotated: nil),
        Case(
            testDescription: "an effect before the test happens as often as before",
            body: "top: ; _CALL_0_VALUE touch; _STORE_FAST c; _LOAD_FAST c; _LOAD_FAST n; _I64_LT_S; _JUMP_IF_FALSE end; \(step); _JUMP top; end: ; _EXIT_TRACE",
            rotated: """
                0: CALL_0_VALUE I64_LT_S JUMP_IF_FALSE>17
                6: I64_ADD POLL_INTERRUPT CALL_0_VALUE I64_LT_S JUMP_IF_TRUE>6
                17: EXIT_TRACE
                """),
    ]

    @Test(arguments: cases) func rotates(row: Case) throws {
        let found = try RegionBench(row.body).rotated()
        #expect(found == row.rotated)
        try PassBench.check(row.body)
    }

    /// The interpreter goes on in the program's region, wherever machine code leaves: each copy knows what it is one of.
    @Test func copiesKnowTheirOrigins() throws {
        let set = try BaseSet.program(PassBench.text(Self.loop())).verified(catalog: BaseSet.catalog).regions()
        let region = set.regions[0]
        let forms = FormCatalog(BaseSet.library, BaseSet.catalog)
        var pass = LoopRotation()
        let result = pass.rotated(region, shapes: BaseSet.catalog.shapes, inverses: forms.inverses, jump: forms.jump)
        let rotated = try #require(result)
        #expect(rotated.origins.count == rotated.instructions.count)
        for (index, origin) in rotated.origins.enumerated() {
            let (copy, original) = (rotated.instructions[index], region.instructions[Int(origin)])
            #expect(copy.statement == original.statement && copy.depth == original.depth && copy.exit == original.exit)
        }
        #expect(rotated.origins.count { $0 == 3 } == 2, "the test's second instruction is there twice")
    }
}
