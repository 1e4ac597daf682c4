import CStencils
import Testing
import UopVM

/// A row of the tables: a uop, and what it does in Swift, from the words of docs/uops.md.
///
/// The reference gets the words of the inputs, deepest first, then those of the immediate operands.
struct Meaning: Sendable, CustomTestStringConvertible {
    let uop: String
    /// Operand words that are tried, one vector a program. One empty vector where there are no operands.
    var operands: [[UInt64]] = [[]]
    let reference: @Sendable (_ words: [UInt64]) -> Outcome

    var testDescription: String { uop }

    init(_ uop: String, operands: [[UInt64]] = [[]], reference: @escaping @Sendable ([UInt64]) -> Outcome) {
        self.uop = uop
        self.operands = operands
        self.reference = reference
    }

    /// Every vector of inputs: all pairs of boundary values, and all triples of fewer of them.
    static func inputs(of uop: UopCatalog.Uop) -> [[UInt64]] {
        let words = uop.inputs.map(BoundaryValues.words)
        // Of three inputs, the boundaries meet where they are small: every fourth value of a class.
        let reduced = words.count < 3 ? words : words.map { all in all.indices.filter { $0 % 4 == 0 }.map { all[$0] } }
        return reduced.reduce([[]]) { vectors, column in
            vectors.flatMap { vector in column.map { vector + [$0] } }
        }
    }
}

// MARK: Machine integers

extension Meaning {
    /// Nil exits.
    static func unary(_ uop: String, _ result: @escaping @Sendable (Int64) -> Int64?) -> Meaning {
        Meaning(uop) { words in result(Int64(bitPattern: words[0])).map { .output(Output($0)) } ?? .exit }
    }

    /// Nil exits.
    static func binary(_ uop: String, _ result: @escaping @Sendable (Int64, Int64) -> Int64?) -> Meaning {
        Meaning(uop) { words in
            result(Int64(bitPattern: words[0]), Int64(bitPattern: words[1])).map { .output(Output($0)) } ?? .exit
        }
    }

    /// On the bits as an unsigned number; nil exits.
    static func binaryUnsigned(_ uop: String, _ result: @escaping @Sendable (UInt64, UInt64) -> UInt64?) -> Meaning {
        Meaning(uop) { words in result(words[0], words[1]).map { .output(.word($0)) } ?? .exit }
    }

    static func truth(_ uop: String, _ truth: @escaping @Sendable (Int64, Int64) -> Bool) -> Meaning {
        Meaning(uop) { words in .output(Output(truth(Int64(bitPattern: words[0]), Int64(bitPattern: words[1])))) }
    }

    static func truthUnsigned(_ uop: String, _ truth: @escaping @Sendable (UInt64, UInt64) -> Bool) -> Meaning {
        Meaning(uop) { words in .output(Output(truth(words[0], words[1]))) }
    }
}

// MARK: Floats

extension Meaning {
    static func unaryFloat(_ uop: String, _ result: @escaping @Sendable (Double) -> Double) -> Meaning {
        Meaning(uop) { words in .output(Output(result(Double(bitPattern: words[0])))) }
    }

    static func binaryFloat(_ uop: String, _ result: @escaping @Sendable (Double, Double) -> Double) -> Meaning {
        Meaning(uop) { words in .output(Output(result(Double(bitPattern: words[0]), Double(bitPattern: words[1])))) }
    }

    static func floatTruth(_ uop: String, _ truth: @escaping @Sendable (Double, Double) -> Bool) -> Meaning {
        Meaning(uop) { words in .output(Output(truth(Double(bitPattern: words[0]), Double(bitPattern: words[1])))) }
    }
}

// MARK: Objects

extension Meaning {
    /// Exits where the result is nil or no small integer.
    static func objectInteger(_ uop: String, _ result: @escaping @Sendable (Int64, Int64) -> Int64?) -> Meaning {
        Meaning(uop) { words in smallInteger(result(Objects.integer(words[0]), Objects.integer(words[1]))) }
    }

    /// A result that is an object, or the exit where it is nil or no small integer.
    static func smallInteger(_ value: Int64?) -> Outcome {
        guard let value, ObjectWord.smallIntegers.contains(value) else { return .exit }
        return .output(.word(Objects.word(value)))
    }

    /// Nil exits. Among objects there is one NaN.
    static func objectFloat(_ uop: String, _ result: @escaping @Sendable (Double, Double) -> Double?) -> Meaning {
        Meaning(uop) { words in
            result(Objects.float(words[0]), Objects.float(words[1])).map { .output(.word(Objects.word($0))) } ?? .exit
        }
    }

    static func integerTruth(_ uop: String, _ truth: @escaping @Sendable (Int64, Int64) -> Bool) -> Meaning {
        Meaning(uop) { words in
            .output(.word(Objects.word(truth(Objects.integer(words[0]), Objects.integer(words[1])))))
        }
    }

    static func objectFloatTruth(_ uop: String, _ truth: @escaping @Sendable (Double, Double) -> Bool) -> Meaning {
        Meaning(uop) { words in .output(.word(Objects.word(truth(Objects.float(words[0]), Objects.float(words[1]))))) }
    }

    /// A guard: goes on with the same words where the condition holds.
    static func guarding(_ uop: String, _ holds: @escaping @Sendable ([UInt64]) -> Bool) -> Meaning {
        Meaning(uop) { words in holds(words) ? .next(words.map { .word($0) }) : .exit }
    }

    /// A guard that takes its inputs away.
    static func guardingPop(_ uop: String, _ holds: @escaping @Sendable ([UInt64]) -> Bool) -> Meaning {
        Meaning(uop) { words in holds(words) ? .next([]) : .exit }
    }

    static func jumping(_ uop: String, _ jumps: @escaping @Sendable ([UInt64]) -> Bool) -> Meaning {
        Meaning(uop) { words in jumps(words) ? .jump : .next([]) }
    }
}
