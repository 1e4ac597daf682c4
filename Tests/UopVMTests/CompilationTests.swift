import Testing
import UopRuntime

@testable import UopVM

/// What a compilation shows of its stages, and what leaving out passes leaves out.
struct CompilationTests {
    /// A loop in which every pass finds something to do, and a trace that an exit leads to.
    private static let text = """
        uops 1
        local n: i64 = 10
        local limit: i64 = 3
        local sum: i64
        trace main
        again:
            _LOAD_FAST n
            _JUMP_IF_FALSE done
            _LOAD_FAST limit
            _LOAD_FAST limit
            _I64_MUL
            _LOAD_FAST sum
            _I64_ADD
            _STORE_FAST sum
            _LOAD_FAST n
            _I64_CONST 1
            _I64_SUB
            _STORE_FAST n
            _LOAD_FAST sum
            _I64_CONST 1_000
            _I64_LT_S
            _JUMP_IF_FALSE done
            _JUMP again
        done:
            _EXIT_TRACE -> end
        end
        trace end
            _EXIT_TRACE
        end
        """

    private func observed(without disabled: Set<PassName> = []) throws -> (seen: [(PassName?, Int)], nodes: [Int]) {
        let execution = try BaseSet.execution(Self.text)
        let catalog = BaseSet.catalog.withFusions(of: BaseSet.library)
        var seen: [(PassName?, Int)] = []
        var nodes: [Int] = []
        execution.compilation.disabledPasses = disabled
        execution.compilation.observer = { pass, region, graph in
            seen.append((pass, region))
            nodes.append(graph.nodes.count)
            #expect(graph.verify(shapes: catalog.shapes) == [])
        }
        try execution.prepare(.jit)
        return (seen, nodes)
    }

    @Test func passesAreSeenInTheirOrder() throws {
        let seen = try observed().seen
        let first: [PassName?] = [nil, .commonSubexpressions, .redundantChecks, .loopInvariants]
        let last: [PassName?] = [.deadCode, .fusion]
        #expect(seen.filter { $0.1 == 0 }.map(\.0) == first + [.commonSubexpressions] + last)
        // Nothing is moved out of a loop where there is none.
        #expect(seen.filter { $0.1 == 1 }.map(\.0) == first + last)
    }

    @Test(arguments: PassName.allCases) func disabledPassesAreNotSeen(pass: PassName) throws {
        let seen = try observed(without: [pass]).seen
        #expect(seen.allSatisfy { $0.0 != pass } && seen.count { $0.0 == nil } == 2)
    }

    @Test func withoutPassesTheGraphIsAsBuilt() throws {
        let (seen, nodes) = try observed(without: Set(PassName.allCases))
        #expect(seen.map(\.0) == [nil, nil] && seen.map(\.1) == [0, 1] && nodes.allSatisfy { $0 > 0 })
    }

    @Test func timesAreTakenWhenAsked() throws {
        let execution = try BaseSet.execution(Self.text)
        try execution.prepare(.jit)
        #expect(try #require(execution.code).times.rows.isEmpty)
        execution.compilation.measuresTime = true
        try execution.recompile()
        let times = try #require(execution.code).times.rows
        #expect(
            times.map(\.stage) == [
                "block order", "rotation", "unrolling", "graph", "common-subexpressions", "redundant-checks", "loop-invariants",
                "dead-code", "fusion", "assignment", "emission: steps", "emission: fixing", "emission: copying", "sealing",
            ])
        #expect(times.reduce(0) { $0 + $1.nanoseconds } > 0)
    }

    @Test func graphsAreShownAfterAPass() throws {
        let execution = try BaseSet.execution(Self.text)
        let built = try execution.graphText(after: .rotation)
        let moved = try execution.graphText(after: .loopInvariants)
        let last = try execution.graphText(after: nil)
        // The product is in the loop at first, then before it.
        #expect(built.contains("trace main\nb0\n") && built.contains("trace end\n") && built != execution.graphText())
        func block(of uop: String, in text: String) throws -> Substring? {
            let place = try #require(text.range(of: uop)).lowerBound
            return text[..<place].split(separator: "\n").last { $0.hasPrefix("b") }?.prefix { $0 != " " }
        }
        #expect(try block(of: "_I64_MUL", in: built) == "b2" && block(of: "_I64_MUL", in: moved) == "b1")
        #expect(last.contains("_I64_LT_S+_JUMP_IF_FALSE v") && !last.contains("wrong:"))
        #expect(execution.compilation.observer == nil)
    }
}
