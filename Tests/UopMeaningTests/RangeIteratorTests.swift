import CStencils
import Testing
import UopVM

/// Range iterators against Swift's strides, which have the semantics of Python's ranges.
@Suite(.cases(atLeast: 20_000))
struct RangeIteratorTests {
    static let uops = ["_IS_ITER_EXHAUSTED_RANGE", "_GUARD_NOT_EXHAUSTED_RANGE", "_ITER_NEXT_RANGE"]

    struct Row: Sendable, CustomTestStringConvertible {
        let start: Int64
        let stop: Int64
        let step: Int64

        var testDescription: String { "range(\(start), \(stop), \(step))" }
        var initial: InitialValue { .range(start: start, stop: stop, step: step) }
        var values: StrideTo<Int64> { stride(from: start, to: stop, by: Int(step)) }

        /// Python's len().
        var count: Int64 {
            let distance = step > 0 ? stop - start : start - stop
            return distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
        }
    }

    /// Empty, of one value, of many, in both directions, at the ends of the small integers.
    private static let rows: [Row] = {
        let (low, high) = (ObjectWord.smallIntegers.lowerBound, ObjectWord.smallIntegers.upperBound)
        let bounds: [Int64] = [0, 1, -1, 5, -6, 100, low, low + 1, low + 3, high, high - 1, high - 3]
        let steps: [Int64] = [1, -1, 2, -2, 3, -7, 1 << 32, low, high, -high]
        return bounds.flatMap { start in
            bounds.flatMap { stop in steps.map { Row(start: start, stop: stop, step: $0) } }
        }
    }()

    private static let text = """
        uops 1
        local iterator: range = range(0)
        local same: range = range(0)
        local next: int
        local exhausted: bool
        exit done
        exit left
        trace main
            _LOAD_FAST iterator
            UOP
            _STORE_FAST same
            _EXIT_TRACE -> done
        end
        """

    /// The uop, and the store of what it pushes.
    private static func trial(_ uop: String) throws -> Trial {
        try Trial(text.replacing("UOP", with: uop))
    }

    @Test func next() throws {
        let trial = try Self.trial("_ITER_NEXT_RANGE -> left\n_STORE_FAST next")
        for row in Self.rows {
            for engine in Engine.allCases {
                trial.reset { $0.locals[0].initial = row.initial }
                #expect(trial.machine.state.iterators[0][2] == UInt64(row.count), "\(row.testDescription)")
                for value in row.values.prefix(6) {
                    let ending = trial.run(engine)
                    try #require(ending.exit == 0 && ending.stack.isEmpty, "\(row.testDescription), \(engine)")
                    try #require(trial.machine.local(2) == Objects.word(value), "\(row.testDescription), \(engine)")
                    try #require(trial.machine.local(1) == trial.machine.local(0), "\(row.testDescription), \(engine)")
                    CaseCount.add()
                }
                guard row.count <= 6 else { continue }
                // It stays at its end, however often it is asked.
                for _ in 0..<2 {
                    let before = trial.machine.state.iterators
                    let ending = trial.run(engine)
                    let word = trial.machine.local(0)
                    try #require(
                        ending == Ending(exit: 1, uop: "_ITER_NEXT_RANGE", stack: [word]),
                        "\(row.testDescription), \(engine)")
                    #expect(trial.machine.state.iterators == before)
                    CaseCount.add()
                }
            }
        }
    }

    @Test func exhausted() throws {
        let asking = try Self.trial("_IS_ITER_EXHAUSTED_RANGE\n_STORE_FAST exhausted")
        let guarding = try Self.trial("_GUARD_NOT_EXHAUSTED_RANGE -> left")
        for row in Self.rows {
            for engine in Engine.allCases {
                asking.reset { $0.locals[0].initial = row.initial }
                let before = asking.machine.state.iterators
                let answer = asking.run(engine)
                #expect(answer.exit == 0 && answer.stack.isEmpty)
                #expect(asking.machine.local(3) == Objects.word(row.count == 0), "\(row.testDescription), \(engine)")
                #expect(asking.machine.local(1) == asking.machine.local(0))
                #expect(asking.machine.state.iterators == before)
                guarding.reset { $0.locals[0].initial = row.initial }
                let word = guarding.machine.local(0)
                let ending = guarding.run(engine)
                let expected =
                    row.count == 0
                    ? Ending(exit: 1, uop: "_GUARD_NOT_EXHAUSTED_RANGE", stack: [word])
                    : Ending(exit: 0, uop: "_EXIT_TRACE", stack: [])
                #expect(ending == expected, "\(row.testDescription), \(engine)")
                #expect(guarding.machine.state.iterators == before)
                CaseCount.add(2)
            }
        }
    }

    /// `for x in range(...): sum += x`, with the iterator on the stack around the loop; and each local
    /// has an iterator of its own.
    @Test func loops() throws {
        let trial = try Trial(
            """
            uops 1
            local iterator: object = range(0)
            local other: object = range(3, 5)
            local sum: int = 0
            exit done
            exit left
            trace main
                _LOAD_FAST iterator
                _ITER_CHECK_RANGE -> left
            again:
                _IS_ITER_EXHAUSTED_RANGE
                _POP_JUMP_IF_TRUE end
                _ITER_NEXT_RANGE -> left
                _LOAD_FAST sum
                _BINARY_OP_ADD_INT -> left
                _STORE_FAST sum
                _JUMP again
            end:
                _POP_TOP
                _EXIT_TRACE -> done
            end
            """)
        let rows = Self.rows.filter { row in
            row.count < 1_000 && row.values.allSatisfy { abs($0) < 1 << 39 }
        }
        #expect(rows.count > 100)
        for row in rows {
            for engine in Engine.allCases {
                trial.reset { $0.locals[0].initial = row.initial }
                let other = trial.machine.state.iterators[1]
                #expect(trial.run(engine).exit == 0, "\(row.testDescription), \(engine)")
                #expect(
                    trial.machine.local(2) == Objects.word(row.values.reduce(0, +)), "\(row.testDescription), \(engine)"
                )
                #expect(trial.machine.state.iterators[1] == other)
                CaseCount.add()
            }
        }
    }
}
