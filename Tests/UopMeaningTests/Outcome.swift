import UopVM

/// What a uop does with its inputs, as far as a table can say it.
enum Outcome: Sendable, Equatable, CustomStringConvertible {
    /// It goes on, with these outputs.
    case next([Output])
    /// It leaves the trace, as if it had not been executed.
    case exit
    /// It goes to its label.
    case jump

    /// One output, and that there is one.
    static func output(_ output: Output) -> Outcome { .next([output]) }

    var description: String {
        switch self {
        case .next(let outputs): "next(\(outputs.map(\.description).joined(separator: ", ")))"
        case .exit: "exit"
        case .jump: "jump"
        }
    }
}

/// An output as a reference states it.
enum Output: Sendable, Equatable, CustomStringConvertible {
    /// This word, bit for bit.
    case word(UInt64)
    /// The bits of some NaN: which one an arithmetic operation makes is not defined.
    case anyNaN

    init(_ value: Int64) { self = .word(UInt64(bitPattern: value)) }
    init(_ truth: Bool) { self = .word(truth ? 1 : 0) }

    /// The result of arithmetic.
    init(_ value: Double) { self = value.isNaN ? .anyNaN : .word(value.bitPattern) }

    /// Whether a word is this output.
    func matches(_ word: UInt64) -> Bool {
        switch self {
        case .word(let expected): word == expected
        case .anyNaN: Double(bitPattern: word).isNaN
        }
    }

    var description: String {
        switch self {
        case .word(let word): hexadecimal(word)
        case .anyNaN: "NaN"
        }
    }
}

func hexadecimal(_ word: UInt64) -> String { "0x" + String(word, radix: 16) }

func hexadecimal(_ words: [UInt64]) -> String { "[" + words.map(hexadecimal).joined(separator: ", ") + "]" }
