import CStencils
import Testing
import UopVM

/// Back edges: fuel is counted exactly, and a run that shall stop does so at the next one; in short loops of machine code
/// at the next one that asks.
@Suite(.cases(atLeast: 100))
struct PollTests {
    static let uops = ["_POLL_FUEL", "_POLL_INTERRUPT"]

    /// A loop that counts in its first local, and never ends by itself.
    struct Loop: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let traces: String
        /// Polls that the loop passes before its body is executed first.
        var pollsBefore: Int64 = 0

        var text: String { "uops 1\nlocal i: i64\nlocal one: i64 = 1\nhelper tick(i64)\nexit done\n" + traces }

        private static let body =
            "_LOAD_FAST i\n_I64_CONST 1\n_I64_ADD\n_STORE_FAST i\n_LOAD_FAST i\n_CALL_1 tick\n"

        static let all: [Loop] = [
            Loop(testDescription: "jump", traces: "trace main\nagain:\n\(body)_JUMP again\nend"),
            Loop(testDescription: "jump to top", traces: "trace main\n\(body)_JUMP_TO_TOP\nend"),
            Loop(
                testDescription: "conditional jump",
                traces: "trace main\nagain:\n\(body)_LOAD_FAST one\n_JUMP_IF_TRUE again\n_EXIT_TRACE -> done\nend"),
            Loop(
                testDescription: "a word on the stack",
                traces: "trace main\n_LOAD_FAST one\nagain:\n\(body)_JUMP again\nend"),
            // Traces that exits lead to poll at their entry.
            Loop(
                testDescription: "linked traces",
                traces: "trace main\n\(body)_EXIT_TRACE -> main\nend", pollsBefore: 1),
            Loop(
                testDescription: "linked by a guard",
                traces: "trace main\n_EXIT_TRACE -> side\nend\n"
                    + "trace side\n\(body)_LOAD_FAST one\n_GUARD_FALSE -> back\n_EXIT_TRACE -> done\nend\n"
                    + "trace back(i64)\n_POP_TOP\nagain:\n\(body)_JUMP again\nend", pollsBefore: 1),
        ]
    }

    private static func execution(
        _ text: String, fuel: Int64?, countsFuel: Bool = false, unrolls: Bool = true, tick: @escaping (UInt64) -> Void = { _ in }
    ) throws -> Execution {
        let program = try Program(parsing: text, catalog: Base.catalog).verified(catalog: Base.catalog)
        var options = Execution.Options()
        options.fuel = fuel
        options.countsFuel = countsFuel
        if !unrolls { options.disabledPasses = [.unrolling] }
        let helper = Helper("tick", [.I64]) {
            tick($0[0])
            return .done
        }
        return try Execution(program, library: Base.library, helpers: [helper], options: options)
    }

    @Test(arguments: Loop.all, [0, 1, 2, 3, 10, 1000] as [Int64])
    func fuelIsCountedExactly(_ loop: Loop, fuel: Int64) throws {
        for engine in EngineKind.allCases {
            let execution = try Self.execution(loop.text, fuel: fuel)
            let result = try execution.run(engine)
            #expect(result.ending == .outOfFuel, "\(engine)")
            // Each unit lets the body be executed once more.
            #expect(execution.machine.local(0) == UInt64(max(0, fuel + 1 - loop.pollsBefore)), "\(engine)")
            #expect(execution.machine.fuel == 0)
            CaseCount.add()
        }
    }

    /// No fuel at all, not much of it.
    @Test(arguments: [-1, .min, .min + 1] as [Int64])
    func negativeFuelIsNone(_ fuel: Int64) throws {
        for engine in EngineKind.allCases {
            let execution = try Self.execution(Loop.all[0].text, fuel: fuel)
            #expect(try execution.run(engine).ending == .outOfFuel)
            #expect(execution.machine.local(0) == 1, "\(engine)")
            CaseCount.add()
        }
    }

    /// A loop that ends by itself takes what it needs, and leaves the rest.
    @Test func fuelThatIsEnough() throws {
        let text = """
            uops 1
            local n: i64 = 5
            exit done
            trace main
            again:
                _LOAD_FAST n
                _I64_CONST 1
                _I64_SUB
                _STORE_FAST n
                _LOAD_FAST n
                _JUMP_IF_TRUE again
                _EXIT_TRACE -> done
            end
            """
        for engine in EngineKind.allCases {
            for fuel: Int64 in [4, 5, 6, .max] {
                let execution = try Self.execution(text, fuel: fuel)
                let result = try execution.run(engine)
                // The fifth time around the back edge is reached, though not taken.
                #expect(result.ending == (fuel < 5 ? .outOfFuel : .exit(0)), "\(engine), \(fuel)")
                #expect(execution.machine.fuel == max(0, fuel - 5))
                CaseCount.add()
            }
        }
    }

    @Test(arguments: Loop.all, [true, false])
    func interruptionBeforeTheRun(_ loop: Loop, countsFuel: Bool) throws {
        for (engine, unrolls) in [(EngineKind.interpreter, true), (.jit, false), (.jit, true)] {
            let execution = try Self.execution(loop.text, fuel: nil, countsFuel: countsFuel, unrolls: unrolls)
            execution.willRun = { unsafe $0.interruptAddress.pointee = .max }
            let result = try execution.run(engine)
            #expect(result.ending == .interrupted, "\(engine)")
            expect(
                execution.machine.local(0), iteration: UInt64(1 - loop.pollsBefore),
                orNext: engine == .jit && unrolls && !countsFuel, "\(engine)")
            CaseCount.add()
        }
    }

    /// Where a loop is unrolled, every second iteration asks whether the run shall stop.
    private func expect(_ found: UInt64, iteration: UInt64, orNext isUnrolled: Bool, _ comment: Comment) {
        #expect(found == iteration || isUnrolled && found == iteration + 1, comment)
    }

    @Test(arguments: Loop.all, [true, false])
    func interruptionDuringTheRun(_ loop: Loop, countsFuel: Bool) throws {
        for (engine, unrolls) in EngineKind.allCases.flatMap({ [($0, false), ($0, true)] }) {
            final class Running { var machine: Machine? }
            let running = Running()
            let execution = try Self.execution(loop.text, fuel: nil, countsFuel: countsFuel, unrolls: unrolls) { number in
                guard number == 7, let machine = running.machine else { return }
                unsafe machine.interruptAddress.pointee = .max
            }
            // The check engine's second run repeats the first up to where it was stopped.
            execution.willRun = { running.machine = running.machine ?? $0 }
            let result = try execution.run(engine)
            #expect(result.ending == .interrupted, "\(engine)")
            expect(
                execution.machine.local(0), iteration: 7, orNext: engine != .interpreter && unrolls && !countsFuel, "\(engine)")
            CaseCount.add()
        }
    }
}
