/// The encoding of class `object`: one 64-bit word, all of whose values mean something.
///
///     0x0000... to 0xFFF8_0000_0000_0000 exclusive   a float: the float64's own bits, NaNs as 0x7FF8...
///     0xFFF8_0000_0000_000n                          None (0), False (2), True (3)
///     0xFFF9_iiii_iiii_iiii                          the range iterator with index i
///     0xFFFA, 0xFFFB                                 reserved
///     0xFFFC_... to 0xFFFF_...                       a small integer: 50 bits, two's complement
///
/// Stencils/Objects.h is the same in C; a test compares the two.
public enum ObjectWord {
    public static let none: UInt64 = 0xFFF8_0000_0000_0000
    public static let `false`: UInt64 = 0xFFF8_0000_0000_0002
    public static let `true`: UInt64 = 0xFFF8_0000_0000_0003
    public static let canonicalNaN: UInt64 = 0x7FF8_0000_0000_0000
    public static let smallIntegers: ClosedRange<Int64> = -(1 << 49)...(1 << 49) - 1

    private static let integerTag: UInt64 = 0xFFFC_0000_0000_0000
    private static let rangeTag: UInt64 = 0xFFF9_0000_0000_0000

    /// The word of a small integer, or nil where it needs more than 50 bits.
    public static func integer(_ value: Int64) -> UInt64? {
        guard smallIntegers.contains(value) else { return nil }
        return UInt64(bitPattern: value) | integerTag
    }

    /// The word of a float; every NaN becomes the canonical one.
    public static func float(_ value: Double) -> UInt64 { value.isNaN ? canonicalNaN : value.bitPattern }

    /// The word of the range iterator with an index below 2^48.
    public static func range(index: Int) -> UInt64 { rangeTag | UInt64(index) }

    /// Whether the word is one that a text can state: range iterators come from locals only, because
    /// stencils trust their index.
    package static func isLiteral(_ word: UInt64) -> Bool {
        switch decode(word) {
        case .integer, .none, .bool: true
        case .float(let value): word == float(value)
        case .range, .invalid: false
        }
    }

    /// A decoded word.
    public enum Value: Hashable, Sendable {
        case integer(Int64)
        case float(Double)
        case none
        case bool(Bool)
        case range(Int)
        /// No valid word: no verified trace makes one.
        case invalid(UInt64)
    }

    /// What a word means.
    public static func decode(_ word: UInt64) -> Value {
        if word >= integerTag { return .integer(Int64(bitPattern: word << 14) >> 14) }
        if word < none { return .float(Double(bitPattern: word)) }
        switch word {
        case none: return .none
        case `false`: return .bool(false)
        case `true`: return .bool(true)
        default: return word >> 48 == 0xFFF9 ? .range(Int(word & 0xFFFF_FFFF_FFFF)) : .invalid(word)
        }
    }
}
