import Testing

@testable import UopVM

/// What the verifier must not refuse, and the limits at which it begins to.
struct VerifierAcceptanceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: [String]

        init(_ name: String, _ body: [String]) {
            testDescription = name
            self.body = body
        }
    }

    static let cases: [Case] = [
        Case("code behind a terminator, whatever it does", ["_EXIT_TRACE", "_I64_ADD", "_STORE_FAST f"]),
        Case("a label that nothing reaches", ["_EXIT_TRACE", "l:", "_POP_TOP", "_JUMP l"]),
        Case("an end that is not reached", ["_JUMP l", "l:", "_EXIT_TRACE", "_NOP"]),
        Case(
            "a known class where an object is wanted", ["_LOAD_FAST n", "_GUARD_TOS_FLOAT", "_POP_TOP", "_EXIT_TRACE"]),
        Case("a known class stored where objects are", ["_LOAD_FAST n", "_STORE_FAST o", "_EXIT_TRACE"]),
        Case(
            "a join that is used as an object",
            [
                "_LOAD_FAST n", "_LOAD_FAST a", "_JUMP_IF_TRUE l", "_POP_TOP", "_LOAD_FAST o", "l:", "_STORE_FAST o",
                "_EXIT_TRACE",
            ]),
        Case(
            "a back edge with a narrower class",
            [
                "_LOAD_FAST o", "l:", "_POP_TOP", "_LOAD_FAST n", "_LOAD_FAST a", "_JUMP_IF_TRUE l", "_POP_TOP",
                "_EXIT_TRACE",
            ]),
        Case(
            "a value that is defined before a loop",
            ["%x = _LOAD_FAST a", "l:", "_JUMP_IF_TRUE l %x", "_EXIT_TRACE"]),
        Case(
            "a value that is defined in each round of a loop",
            ["l:", "%x = _LOAD_FAST a", "_JUMP_IF_TRUE l %x", "_STORE_FAST a %x", "_EXIT_TRACE"]),
        Case(
            "a way that passes by a definition that nobody needs",
            ["_LOAD_FAST a", "_JUMP_IF_TRUE l", "%x = _LOAD_FAST a", "l:", "_EXIT_TRACE"]),
        Case(
            "a selection of two objects",
            ["_LOAD_FAST n", "_LOAD_FAST o", "_LOAD_FAST a", "_SELECT", "_STORE_FAST o", "_EXIT_TRACE"]),
    ]

    @Test(arguments: cases)
    func accepted(_ row: Case) throws {
        let text = VerifierTests.text(row.body)
        #expect(BaseSet.faults(try BaseSet.program(text)) == [])
    }

    /// Unreachable code is left out of what runs.
    @Test func unreachableCodeDoesNotRun() throws {
        let execution = try BaseSet.execution(
            "uops 1\nlocal a: i64 = 1\nexit done\ntrace main\n_EXIT_TRACE -> done\n_I64_CONST 2\n_STORE_FAST a\n_EXIT_TRACE\nend"
        )
        #expect(execution.regions.regions[0].instructions.count == 1)
        #expect(try execution.run(.check).ending == .exit(0))
        #expect(execution.machine.local(0) == 1)
    }

    /// Pushes words, adds them up, leaves.
    private static func pile(_ words: Int) -> String {
        let loads = String(repeating: "_LOAD_FAST a\n", count: words)
        let sums = String(repeating: "_I64_ADD\n", count: words - 1)
        return "uops 1\nlocal a: i64 = 1\ntrace main\n\(loads)\(sums)_STORE_FAST a\n_EXIT_TRACE\nend"
    }

    @Test func aStackAtItsLimit() throws {
        var limits = Limits()
        limits.stack = 50
        #expect(BaseSet.faults(try BaseSet.program(Self.pile(50)), limits: limits) == [])
        let faults = BaseSet.faults(try BaseSet.program(Self.pile(51)), limits: limits)
        #expect(faults.map(\.message) == ["the stack grows to 51 words; the limit is 50 (--limit-stack)"])
        #expect(faults.first?.location.line == 54)
        let execution = try BaseSet.execution(Self.pile(50))
        _ = try execution.run(.check)
        #expect(execution.machine.local(0) == 50)
    }

    /// Named arguments and results go by way of the stack.
    @Test func namedValuesCountAtTheLimit() throws {
        let text = "uops 1\nlocal a: i64\ntrace main\n%x = _LOAD_FAST a\n%y = _I64_ADD %x %x\n_EXIT_TRACE\nend"
        var limits = Limits()
        limits.stack = 2
        #expect(BaseSet.faults(try BaseSet.program(text), limits: limits) == [])
        limits.stack = 1
        #expect(BaseSet.faults(try BaseSet.program(text), limits: limits).map(\.location.line) == [5])
        limits.stack = 0
        #expect(BaseSet.faults(try BaseSet.program(text), limits: limits).map(\.location.line) == [4])
    }

    @Test func aHeaderCountsAtTheLimit() throws {
        var program = try BaseSet.program("uops 1\ntrace main\n_EXIT_TRACE\nend\ntrace side\n_EXIT_TRACE\nend")
        program.traces[1].entry = Array(repeating: .I64, count: Limits().stack)
        #expect(BaseSet.faults(program) == [])
        program.traces[1].entry.append(.F64)
        #expect(BaseSet.faults(program).map(\.location.line) == [5])
    }

    @Test(arguments: [1, 2, 5])
    func verificationStopsAtTheLimit(limit: Int) throws {
        let text = "uops 1\n" + (0..<6).map { "trace t\($0)\n_POP_TOP\n_EXIT_TRACE\nend\n" }.joined()
        var limits = Limits()
        limits.errors = limit
        let faults = BaseSet.faults(try BaseSet.program(text), limits: limits)
        #expect(faults.count == limit)
        #expect(faults.allSatisfy { $0.message.contains("'_POP_TOP'") })
    }

    /// Several in the uop that reaches the limit.
    @Test func theRestIsSaidToBeLeftOut() throws {
        var limits = Limits()
        limits.errors = 1
        let faults = BaseSet.faults(
            try BaseSet.program(
                "uops 1\nlocal f: f64\ntrace main\n_LOAD_FAST f\n_LOAD_FAST f\n_I64_ADD\n_EXIT_TRACE\nend"),
            limits: limits)
        #expect(faults.map(\.message) == ["input 1 of '_I64_ADD' is i64; found f64", "more errors are left out"])
    }

    /// A limit of no errors is one of one error: it does not make wrong programs right.
    @Test(arguments: [0, -1])
    func noErrorsAreNoApproval(limit: Int) throws {
        var limits = Limits()
        limits.errors = limit
        #expect(
            BaseSet.faults(try BaseSet.program("uops 1\ntrace main\n_POP_TOP\n_EXIT_TRACE\nend"), limits: limits).count
                == 1)
        #expect(BaseSet.faults(try BaseSet.program("uops 1\ntrace main\n_EXIT_TRACE\nend"), limits: limits) == [])
    }
}
