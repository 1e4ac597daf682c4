import CStencils
import Testing

@testable import UopVM

/// ObjectWord in Swift and Objects.h in C describe one encoding: words that uops make are those that
/// Swift makes, and mean what Swift says.
struct ObjectWordTests {
    /// A trace that turns local `from` into local `to`.
    private static func execution(_ uop: String, from: String, to: String) throws -> Execution {
        try BaseSet.execution(
            """
            uops 1
            local from: \(from)
            local to: \(to)
            exit done
            exit left
            trace main
                _LOAD_FAST from
                \(uop)
                _STORE_FAST to
                _EXIT_TRACE -> done
            end
            """)
    }

    private static let integers: [Int64] = {
        var random = SeededGenerator(seed: 271_828)
        var values: [Int64] = [.min, .max]
        for bit: Int64 in [49, 48, 32, 16, 14, 0] {
            for near in -1...1 as ClosedRange<Int64> { values += [1 << bit + near, -1 << bit + near] }
        }
        for _ in 0..<500 {
            let width = Int64.random(in: 0...63, using: &random)
            values.append(Int64.random(in: .min ... .max, using: &random) >> width)
        }
        return values
    }()

    private static let floats: [Double] = {
        var random = SeededGenerator(seed: 314_159)
        var values: [Double] = [0.0, -0.0, .infinity, -.infinity, .nan]
        // NaNs whose bits are other objects' words.
        for tag: UInt64 in [0xFFF7, 0xFFF8, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0xFFFF, 0x7FF8, 0x7FF0] {
            values.append(Double(bitPattern: tag << 48 | 2))
        }
        for _ in 0..<500 { values.append(Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))) }
        return values
    }()

    @Test(arguments: [EngineKind.interpreter, .jit])
    func boxedIntegers(_ engine: EngineKind) throws {
        let boxing = try Self.execution("_BOX_INT -> left", from: "i64", to: "int")
        let unboxing = try Self.execution("_UNBOX_INT", from: "int", to: "i64")
        for value in Self.integers {
            boxing.machine.setLocal(0, to: UInt64(bitPattern: value))
            let result = try boxing.run(engine)
            guard let word = ObjectWord.integer(value) else {
                #expect(result.ending == .exit(1), "\(value) needs more than 50 bits")
                continue
            }
            #expect(result.ending == .exit(0))
            #expect(boxing.machine.local(1) == word, "\(value)")
            #expect(ObjectWord.decode(word) == .integer(value))
            unboxing.machine.setLocal(0, to: word)
            #expect(try unboxing.run(engine).ending == .exit(0))
            #expect(unboxing.machine.local(1) == UInt64(bitPattern: value))
        }
    }

    @Test(arguments: [EngineKind.interpreter, .jit])
    func boxedFloats(_ engine: EngineKind) throws {
        let boxing = try Self.execution("_BOX_FLOAT", from: "f64", to: "float")
        let unboxing = try Self.execution("_UNBOX_FLOAT", from: "float", to: "f64")
        for value in Self.floats {
            boxing.machine.setLocal(0, to: value.bitPattern)
            #expect(try boxing.run(engine).ending == .exit(0))
            let word = boxing.machine.local(1)
            #expect(word == ObjectWord.float(value), "\(value)")
            guard case .float(let decoded) = ObjectWord.decode(word) else {
                Issue.record("\(value) is no float when boxed")
                continue
            }
            #expect(decoded.bitPattern == (value.isNaN ? ObjectWord.canonicalNaN : value.bitPattern))
            unboxing.machine.setLocal(0, to: word)
            #expect(try unboxing.run(engine).ending == .exit(0))
            #expect(unboxing.machine.local(1) == word)
        }
    }

    /// True, False and None are the words that comparisons make and guards want.
    @Test(arguments: [EngineKind.interpreter, .jit])
    func constants(_ engine: EngineKind) throws {
        let truth = try Self.execution("_TO_BOOL_INT", from: "int", to: "bool")
        for (value, word) in [(0, ObjectWord.false), (1, ObjectWord.true), (-1, ObjectWord.true)] {
            truth.machine.setLocal(0, to: try #require(ObjectWord.integer(Int64(value))))
            _ = try truth.run(engine)
            #expect(truth.machine.local(1) == word)
        }
        let isNone = try Self.execution("_GUARD_IS_NONE_POP -> left\n_I64_CONST 1", from: "object", to: "i64")
        for (word, exit) in [(ObjectWord.none, 0), (ObjectWord.false, 1), (ObjectWord.true, 1), (0, 1)] {
            isNone.machine.setLocal(0, to: word)
            #expect(try isNone.run(engine).ending == .exit(exit))
        }
    }

    /// The iterators of locals are numbered in the order of the locals, and their words are ranges.
    @Test func rangeIterators() throws {
        let execution = try BaseSet.execution(
            "uops 1\nlocal a: object = range(3)\nlocal b: int = 5\nlocal c: range = range(4)\ntrace main\n_EXIT_TRACE\nend"
        )
        #expect(execution.machine.local(0) == ObjectWord.range(index: 0))
        #expect(execution.machine.local(2) == ObjectWord.range(index: 1))
        let check = try Self.execution("_ITER_CHECK_RANGE -> left\n_POP_TOP\n_I64_CONST 1", from: "object", to: "i64")
        for index in [0, 1, 1 << 47, 1 << 48 - 1] {
            let word = ObjectWord.range(index: index)
            #expect(ObjectWord.decode(word) == .range(index))
            check.machine.setLocal(0, to: word)
            #expect(try check.run(.check).ending == .exit(0))
        }
    }

    /// No two values share a word, and nothing but literals counts as one.
    @Test func everyWordIsOneValue() {
        let tops: [UInt64] = [0, 0x7FF0, 0x7FF8, 0xFFF0, 0xFFF7, 0xFFF8, 0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0xFFFF]
        for top in tops {
            for low: UInt64 in [0, 1, 2, 3, 4, 0xFFFF_FFFF_FFFF] {
                let word = top << 48 | low
                let remade: UInt64? =
                    switch ObjectWord.decode(word) {
                    case .integer(let value): ObjectWord.integer(value)
                    case .float(let value): ObjectWord.float(value)
                    case .none: ObjectWord.none
                    case .bool(let value): value ? ObjectWord.true : ObjectWord.false
                    case .range, .invalid: nil
                    }
                #expect(ObjectWord.isLiteral(word) == (remade == word), "0x\(String(word, radix: 16))")
            }
        }
    }
}
