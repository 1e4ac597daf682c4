import CStencils
import UopVM

/// What the generator asks of the uops.
extension UopProbe {
    /// By input of a uop: whether the bits of a NaN there change more than the bits of other NaNs. Which
    /// NaN an operation makes is not defined, so a computed one must not get there.
    func inputsThatShowNaNs(_ number: Int) -> [Bool] {
        let uop = catalog.uops[number]
        return uop.inputs.indices.map { index in
            guard [.F64, .A, .B, .C].contains(uop.inputs[index]) else { return false }
            let nans: [UInt64] = [
                0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF8_0000_0000_1234, 0xFFFF_0000_0000_0008,
            ]
            return [1.5, -2.0].contains { other in
                let outcomes = nans.map { run([number], on: inputs(of: uop, $0, at: index, other: other)) }
                guard let first = outcomes[0] else { return false }
                return outcomes.contains { outcome in
                    guard let outcome else { return true }
                    return differ(first, outcome)
                }
            }
        }
    }

    private func inputs(of uop: UopCatalog.Uop, _ nan: UInt64, at index: Int, other: Double) -> [Input] {
        uop.inputs.enumerated().map { position, valueClass in
            switch valueClass {
            case .F64, .A, .B, .C: Input(.F64, position == index ? nan : other.bitPattern)
            case .OBJECT, .INT: Input(valueClass, Self.word(1, of: .INT))
            case .FLOAT: Input(.FLOAT, other.bitPattern)
            case .BOOL: Input(.BOOL, ObjectWord.true)
            case .NONE: Input(.NONE, ObjectWord.none)
            case .RANGE: Self.counter(1, of: .RANGE)
            default: Input(.I64, 1)
            }
        }
    }

    private func differ(_ a: Outcome, _ b: Outcome) -> Bool {
        var comparison = Comparison(program: a.program)
        comparison.compare(a.result, b.result)
        comparison.compare(a.state, b.state)
        return !comparison.differences.isEmpty
    }

    /// The class of literal that a uop pushes as it is, without doing anything else; nil for other uops.
    func literalClass(_ number: Int) -> UopClass? {
        let uop = catalog.uops[number]
        guard uop.inputs.isEmpty, uop.flags.contains(.pure), uop.operands.count == 1, uop.outputs.count == 1 else { return nil }
        let samples: [UInt64]
        switch (uop.operands[0], uop.outputs[0]) {
        case (.IMM_I64, .I64), (.IMM_F64, .F64): samples = [0, 6, (1.5).bitPattern]
        case (.IMM_OBJECT, .OBJECT): samples = [ObjectWord.none, ObjectWord.true, Self.word(6, of: .INT)]
        default: return nil
        }
        return samples.allSatisfy { run([number], on: [], literal: $0)?.words == [$0] } ? uop.outputs[0] : nil
    }

    /// Words with which a uop of one input does not exit.
    func passingWords(_ number: Int) -> [UInt64] {
        let uop = catalog.uops[number]
        guard uop.flags.contains(.exits), uop.inputs.count == 1, uop.operands.isEmpty else { return [] }
        let samples: [UInt64]
        switch uop.inputs[0] {
        case .I64: samples = [0, 1, 5, 100]
        case .F64: samples = [0, (1.5).bitPattern, (100.0).bitPattern]
        case .OBJECT: samples = [ObjectWord.none, ObjectWord.true, ObjectWord.false, Self.word(3, of: .INT), (1.5).bitPattern]
        default: return []
        }
        return samples.filter { run([number], on: [Input(uop.inputs[0], $0)])?.exited == false }
    }

    // MARK: Counting down

    private static func word(_ value: Int, of valueClass: UopClass) -> UInt64 {
        valueClass == .INT ? ObjectWord.integer(Int64(value)) ?? 0 : UInt64(value)
    }

    /// What a counter of a class holds when it has so many rounds to go.
    static func counter(_ rounds: Int, of valueClass: UopClass) -> Input {
        valueClass == .RANGE
            ? Input(.RANGE, .range(start: 0, stop: Int64(rounds), step: 1))
            : Input(valueClass, word(rounds, of: valueClass))
    }

    /// Whether a uop takes one of a counter: its inputs are the counter and 1.
    func countsDown(_ number: Int, _ valueClass: UopClass) -> Bool {
        let uop = catalog.uops[number]
        guard uop.inputs == [valueClass, valueClass], uop.outputs == [valueClass], uop.operands.isEmpty else { return false }
        let one = Self.counter(1, of: valueClass)
        return (1...6).allSatisfy { rounds in
            run([number], on: [Self.counter(rounds, of: valueClass), one])?.words
                == [Self.word(rounds - 1, of: valueClass)]
        }
    }

    /// Whether a uop takes the next value of a range iterator, which stays on the stack.
    func advances(_ number: Int) -> Bool {
        let uop = catalog.uops[number]
        guard uop.inputs == [.RANGE], uop.flags.contains(.peeks), uop.outputs.count == 1 else { return false }
        return run([number], on: [Self.counter(1, of: .RANGE)])?.state.iterators.first?.last == 0
    }

    /// Whether uops that end in a jump tell a counter that has come to its end from one that has not;
    /// nil where they do not.
    func test(_ chain: [Int], _ valueClass: UopClass) -> UopTraits.Test? {
        guard let atEnd = run(chain, on: [Self.counter(0, of: valueClass)]), !atEnd.exited else { return nil }
        for rounds in [1, 2, 3, 5, 6] {
            guard let before = run(chain, on: [Self.counter(rounds, of: valueClass)]), !before.exited,
                before.jumped != atEnd.jumped
            else { return nil }
        }
        return UopTraits.Test(chain: chain, jumpsAtEnd: atEnd.jumped)
    }
}
