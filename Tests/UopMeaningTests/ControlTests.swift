import CStencils
import Testing
import UopVM

/// What Control.c's uops do to the frame, and where the top is.
@Suite(.cases(atLeast: 150))
struct ControlTests {
    static let uops = ["_SET_IP", "_JUMP_TO_TOP", "_COUNT"]

    @Test(arguments: Engine.allCases)
    func setIP(_ engine: Engine) throws {
        for word in BoundaryValues.integers {
            let position = Int64(bitPattern: word)
            let trial = try Trial("uops 1\nexit done\ntrace main\n_SET_IP \(position)\n_EXIT_TRACE -> done\nend")
            #expect(trial.machine.instructionPointer == 0)
            #expect(trial.run(engine).exit == 0)
            #expect(trial.machine.instructionPointer == position)
            CaseCount.add()
        }
    }

    private static let countdown = """
        uops 1
        local n: i64 = 5
        local passes: i64
        exit done
        trace main
            _LOAD_FAST passes
            _I64_CONST 1
            _I64_ADD
            _STORE_FAST passes
            _LOAD_FAST n
            _I64_CONST 1
            _I64_SUB
            _STORE_FAST n
            _LOAD_FAST n
            _GUARD_TRUE -> done
            _JUMP_TO_TOP
        end
        """

    @Test(arguments: Engine.allCases)
    func jumpToTop(_ engine: Engine) throws {
        let trial = try Trial(Self.countdown)
        #expect(trial.run(engine) == Ending(exit: 0, uop: "_GUARD_TRUE", stack: [0]))
        #expect(trial.machine.state.locals == [0, 5])
        CaseCount.add()
    }

    /// Every statement has a counter of its own.
    @Test(arguments: Engine.allCases)
    func count(_ engine: Engine) throws {
        var options = LoweringOptions()
        options.counts = true
        let trial = try Trial(Self.countdown, options: options)
        _ = trial.run(engine)
        #expect(trial.machine.counters == Array(repeating: 5, count: 10) + [4])
        trial.machine.setLocal(0, to: 2)
        _ = trial.run(engine)
        #expect(trial.machine.counters == Array(repeating: 7, count: 10) + [5])
        CaseCount.add()
    }
}
