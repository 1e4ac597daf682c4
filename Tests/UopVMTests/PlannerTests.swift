import Testing

@testable import UopVM

/// What lives where: loads, stores and stack shuffles become names, and code only where they must.
struct PlannerTests {
    /// A trace's body, and the steps that it becomes.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: [String]
        /// Without the last step, which leaves the trace.
        let steps: [String]
        /// Locals a, b, c, d after the run; they begin as 10, 20, 30, 0.
        let locals: [UInt64]

        init(_ name: String, _ body: [String], steps: [String], locals: [UInt64]) {
            testDescription = name
            self.body = body
            self.steps = steps
            self.locals = locals
        }
    }

    static let cases: [Case] = [
        Case(
            "loads are names, and the result goes to the local at once",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_I64_ADD", "_STORE_FAST c"],
            steps: ["c <- _I64_ADD a b"], locals: [10, 20, 30, 0]),
        Case(
            "a local stored to itself is no code",
            ["_LOAD_FAST a", "_STORE_FAST a"], steps: [], locals: [10, 20, 30, 0]),
        Case("a copy is one move", ["_LOAD_FAST a", "_STORE_FAST b"], steps: ["b <- a"], locals: [10, 10, 30, 0]),
        Case(
            "a result that is used twice keeps its slot",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_I64_ADD", "_DUP", "_STORE_FAST c", "_STORE_FAST d"],
            steps: ["s0 <- _I64_ADD a b", "c <- s0", "d <- s0"], locals: [10, 20, 30, 30]),
        Case(
            "a swap changes names",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_SWAP", "_I64_SUB", "_STORE_FAST d"],
            steps: ["d <- _I64_SUB b a"], locals: [10, 20, 30, 10]),
        Case(
            "a rotation changes names",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_LOAD_FAST c", "_ROT_3", "_I64_SUB", "_I64_SUB", "_STORE_FAST d"],
            steps: ["s1 <- _I64_SUB a b", "d <- _I64_SUB c s1"], locals: [10, 20, 30, 40]),
        Case(
            "a word that is dropped costs nothing",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_POP_TOP", "_STORE_FAST d"], steps: ["d <- a"], locals: [10, 20, 30, 10]),
        Case(
            "what a local was is saved before it changes",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_STORE_FAST a", "_STORE_FAST b"],
            steps: ["s0 <- a", "a <- b", "b <- s0"], locals: [20, 10, 30, 0]),
        Case(
            "it is saved once, however often it is on the stack",
            ["_LOAD_FAST a", "_DUP", "_DUP", "_LOAD_FAST b", "_STORE_FAST a", "_I64_ADD", "_I64_ADD", "_STORE_FAST d"],
            steps: ["s0 <- a", "a <- b", "s1 <- _I64_ADD s0 s0", "d <- _I64_ADD s0 s1"], locals: [20, 20, 30, 30]),
        Case(
            "it is not saved to where the new word is",
            ["_I64_CONST 5", "_LOAD_FAST a", "_SWAP", "_STORE_FAST a", "_STORE_FAST d"],
            steps: ["s0 <- _I64_CONST 5", "s1 <- a", "a <- s0", "d <- s1"], locals: [5, 20, 30, 10]),
        Case(
            "a result does not take over a local that is still needed",
            ["_LOAD_FAST a", "_LOAD_FAST a", "_LOAD_FAST b", "_I64_ADD", "_STORE_FAST a", "_STORE_FAST d"],
            steps: ["s1 <- _I64_ADD a b", "s0 <- a", "a <- s1", "d <- s0"], locals: [30, 20, 30, 10]),
        Case(
            "before a label every word goes to its slot",
            ["_LOAD_FAST a", "_LOAD_FAST b", "here:", "_I64_ADD", "_STORE_FAST d"],
            steps: ["s1 <- b", "s0 <- a", "d <- _I64_ADD s0 s1"], locals: [10, 20, 30, 30]),
        Case(
            "slots that were swapped are swapped back through a third",
            ["_LOAD_FAST a", "_LOAD_FAST b", "before:", "_SWAP", "after:", "_I64_SUB", "_STORE_FAST d"],
            steps: [
                "s1 <- b", "s0 <- a", "s5 <- s0", "s0 <- s1", "s1 <- s5", "d <- _I64_SUB s0 s1",
            ], locals: [10, 20, 30, 10]),
        Case(
            "a jump's condition stays where it is",
            ["_LOAD_FAST a", "_LOAD_FAST b", "_JUMP_IF_TRUE over", "over:", "_STORE_FAST d"],
            steps: ["s0 <- a", "_JUMP_IF_TRUE step 2 b", "d <- s0"], locals: [10, 20, 30, 10]),
        Case(
            "unless another word's slot is where it is",
            ["_LOAD_FAST a", "here:", "_LOAD_FAST b", "_SWAP", "_JUMP_IF_TRUE over", "over:", "_STORE_FAST d"],
            steps: ["s0 <- a", "s1 <- s0", "s0 <- b", "_JUMP_IF_TRUE step 4 s1", "d <- s0"], locals: [10, 20, 30, 20]),
        Case(
            "code that is not reached is left out",
            ["_JUMP over", "_LOAD_FAST a", "_STORE_FAST b", "over:", "_LOAD_FAST b", "_STORE_FAST d"],
            steps: ["_JUMP step 1", "d <- b"], locals: [10, 20, 30, 20]),
        Case(
            "a named value is a local",
            ["%sum = _LOAD_FAST a", "%twice = _I64_ADD %sum %sum", "_STORE_FAST d %twice"],
            steps: ["%sum <- a", "%twice <- _I64_ADD %sum %sum", "d <- %twice"], locals: [10, 20, 30, 20]),
    ]

    private static func text(_ body: [String], more: String = "") -> String {
        """
        uops 1
        local a: i64 = 10
        local b: i64 = 20
        local c: i64 = 30
        local d: i64
        exit done
        trace main
        \(body.joined(separator: "\n"))
        _EXIT_TRACE -> done
        end
        \(more)
        """
    }

    /// The steps without their numbers and exits.
    private static func lines(_ plan: Substring) -> [String] {
        plan.split(separator: "\n").filter { $0.hasPrefix(" ") }.map { line in
            let text = line.drop { $0 == " " || $0.isNumber }
            return String(text.prefix(upTo: text.firstRange(of: "  |")?.lowerBound ?? text.endIndex))
        }
    }

    @Test(arguments: cases)
    func plan(_ row: Case) throws {
        let execution = try BaseSet.execution(Self.text(row.body))
        let plan = try execution.planText()
        let steps = Self.lines(plan.prefix(upTo: try #require(plan.firstRange(of: "exits")?.lowerBound)))
        #expect(steps == row.steps + ["_EXIT_TRACE"])
        _ = try execution.run(.check)
        #expect(execution.machine.state.locals == row.locals)
    }

    /// Words on the stack may be anywhere; the trace that an exit leads to expects them in their slots.
    @Test func linkedExitsMoveWords() throws {
        let execution = try BaseSet.execution(
            Self.text(
                ["_LOAD_FAST a", "_LOAD_FAST b", "_I64_CONST 0", "_GUARD_TRUE -> side", "_POP_TOP", "_POP_TOP"],
                more: "trace side(i64, i64, i64)\n_STORE_FAST d\n_I64_SUB\n_STORE_FAST c\n_EXIT_TRACE -> done\nend"))
        let plan = try execution.planText()
        let exits = Self.lines(plan.suffix(from: try #require(plan.firstRange(of: "exits")?.lowerBound)))
        #expect(exits.prefix(3) == ["s1 <- b", "s0 <- a", "exit 0 -> trace side (from _GUARD_TRUE, statement 3)"])
        _ = try execution.run(.check)
        #expect(execution.machine.state.locals == [10, 20, UInt64(bitPattern: -10), 0])
    }

    /// A dump names every trace, and every exit by where it leads and comes from.
    @Test func wholePlan() throws {
        let plan = try BaseSet.execution(
            Self.text(["_LOAD_FAST a", "_GUARD_TRUE", "_SET_IP 7"], more: "trace side\n_EXIT_TRACE\nend")
        ).planText()
        #expect(
            plan == """
                trace main
                      0  _GUARD_TRUE a  | exit step 4
                      1  _SET_IP 7
                      2  _EXIT_TRACE  | exit step 5
                trace side
                      3  _EXIT_TRACE  | exit step 6
                exits
                      4  exit 0 -> host (from _GUARD_TRUE, statement 1)
                      5  exit 1 -> done (from _EXIT_TRACE, statement 3)
                      6  exit 2 -> host (from _EXIT_TRACE, statement 0)

                """)
    }
}
