import CStencils
import Testing
import UopVM

/// Loads and stores of locals keep every bit of every class.
@Suite(.cases(atLeast: 700))
struct LocalTests {
    static let uops = ["_LOAD_FAST", "_STORE_FAST"]

    @Test(arguments: UopClass.concrete)
    func wordsGoThroughTheStackUnchanged(_ valueClass: UopClass) throws {
        let initial = valueClass == .RANGE ? " = range(1)" : ""
        let trial = try Trial(
            """
            uops 1
            local from: \(valueClass.name)\(initial)
            local to: \(valueClass.name)\(initial)
            local other: i64 = 7
            exit done
            trace main
                _LOAD_FAST from
                _STORE_FAST to
                _EXIT_TRACE -> done
            end
            """)
        for word in BoundaryValues.words(of: valueClass) {
            for engine in Engine.allCases {
                trial.reset()
                trial.machine.setLocal(0, to: word)
                let ending = trial.run(engine)
                #expect(ending == Ending(exit: 0, uop: "_EXIT_TRACE", stack: []))
                #expect(trial.machine.state.locals == [word, word, 7], "\(hexadecimal(word)), \(engine)")
                CaseCount.add()
            }
        }
    }

    /// A word that was loaded is what the local was, whatever is stored to it later.
    @Test(arguments: Engine.allCases)
    func aLoadedWordIsTheOldOne(_ engine: Engine) throws {
        let trial = try Trial(
            """
            uops 1
            local a: i64 = 1
            local b: i64 = 2
            exit done
            trace main
                _LOAD_FAST a
                _LOAD_FAST b
                _STORE_FAST a
                _STORE_FAST b
                _EXIT_TRACE -> done
            end
            """)
        #expect(trial.run(engine).exit == 0)
        #expect(trial.machine.state.locals == [2, 1])
        CaseCount.add()
    }
}
