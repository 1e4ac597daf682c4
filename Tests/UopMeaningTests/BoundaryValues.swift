import CStencils
import UopVM

/// Words of each class at which definitions go wrong, if they do.
enum BoundaryValues {
    /// All words of a class that a uop is tried with.
    static func words(of valueClass: UopClass) -> [UInt64] {
        switch valueClass {
        case .I64, .A, .B, .C: integers
        case .F64: floats.map(\.bitPattern)
        case .INT: smallIntegers
        case .FLOAT: objectFloats
        case .BOOL: [ObjectWord.false, ObjectWord.true]
        case .NONE: [ObjectWord.none]
        case .RANGE: ranges
        case .OBJECT: objects
        case .PARAMETER, .RESULT: []
        }
    }

    /// Around zero, around the ends of every width, around the counts of shifts, and patterns.
    static let integers: [UInt64] = {
        let edges: [Int64] = [.min, .max, 1 << 31, 1 << 32, 1 << 49, 1 << 15, 1 << 7]
        var values: [Int64] = [0, 1, -1, 2, -2, 3, -3, 7, 31, 32, 33, 63, 64, 65, -63, -64, -65, 10, -10]
        for edge in edges {
            for near in [edge &- 1, edge, edge &+ 1] { values += [near, 0 &- near] }
        }
        let patterns: [UInt64] = [
            0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210,
            0x0000_0000_FFFF_FFFF, 0xFFFF_FFFF_0000_0000, 0x0000_0000_8000_0000, 0xB504_F333_F9DE_6484,
        ]
        return unique(values.map { UInt64(bitPattern: $0) } + patterns)
    }()

    /// Zeros, infinities, NaNs, the ends of the range and of precision, and where integers end.
    static let floats: [Double] = {
        var positive: [Double] = [
            0, 0.5, 1, 1.5, 2, 2.5, 3, 0.1, 0.2, 10, .infinity, .leastNonzeroMagnitude, .leastNormalMagnitude,
            .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, 1.0.nextDown, 1.0.nextUp, 0.5.nextDown, 1e300,
            1e-300,
            0x1p31, 0x1p32, 0x1p52 + 0.5,
        ]
        for edge in [0x1p53, 0x1p63, 0x1p64] { positive += [edge.nextDown, edge, edge.nextUp] }
        let notNumbers: [UInt64] = [
            0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF8_0000_0000_0001, 0x7FF0_0000_0000_0001,
            0xFFF7_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFC_0000_0000_0005, 0x7FFF_FFFF_FFFF_FFFF,
        ]
        return positive + positive.map { -$0 } + notNumbers.map { Double(bitPattern: $0) }
    }()

    /// Objects that are integers of 50 bits.
    static let smallIntegers: [UInt64] = {
        let ends = ObjectWord.smallIntegers
        var values: [Int64] = [0, 1, -1, 2, -2, 3, -3, 7, -7, 10, ends.lowerBound, ends.upperBound]
        for edge: Int64 in [1 << 48, 1 << 32, 1 << 31, 1 << 25, 1 << 24] {
            values += [edge - 1, edge, edge + 1, -edge + 1, -edge, -edge - 1]
        }
        values += [
            ends.lowerBound + 1, ends.lowerBound + 2, ends.upperBound - 1, 0x1_5555_5555_5555, -0x1_5555_5555_5555,
        ]
        return values.map(Objects.word)
    }()

    /// Objects that are floats: among them there is one NaN.
    static let objectFloats: [UInt64] = unique(floats.map { Objects.word($0) })

    /// Words of range iterators; nothing may follow their index.
    static let ranges: [UInt64] = [0xFFF9_0000_0000_0000, 0xFFF9_0000_0000_0001, 0xFFF9_FFFF_FFFF_FFFF]

    /// Some of every kind, at the borders of the encoding.
    static let objects: [UInt64] = unique(
        [ObjectWord.none, ObjectWord.false, ObjectWord.true] + ranges
            + [0, 1, -1, ObjectWord.smallIntegers.lowerBound, ObjectWord.smallIntegers.upperBound].map(Objects.word)
            + [0.0, -0.0, 1.0, -1.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.greatestFiniteMagnitude]
            .map { Objects.word($0) })

    /// Objects that a text can state.
    static let literals: [UInt64] = unique(
        [ObjectWord.none, ObjectWord.false, ObjectWord.true] + smallIntegers + objectFloats)

    private static func unique(_ words: [UInt64]) -> [UInt64] {
        var seen: Set<UInt64> = []
        return words.filter { seen.insert($0).inserted }
    }
}

/// Objects as the references see them.
enum Objects {
    static func word(_ value: Int64) -> UInt64 {
        guard let word = ObjectWord.integer(value) else { preconditionFailure("\(value) is no small integer") }
        return word
    }

    static func word(_ value: Double) -> UInt64 { ObjectWord.float(value) }
    static func word(_ value: Bool) -> UInt64 { value ? ObjectWord.true : ObjectWord.false }

    static func integer(_ word: UInt64) -> Int64 {
        guard case .integer(let value) = ObjectWord.decode(word) else {
            preconditionFailure("no integer: \(hexadecimal(word))")
        }
        return value
    }

    static func float(_ word: UInt64) -> Double {
        guard case .float(let value) = ObjectWord.decode(word) else {
            preconditionFailure("no float: \(hexadecimal(word))")
        }
        return value
    }

    static func isInteger(_ word: UInt64) -> Bool { if case .integer = ObjectWord.decode(word) { true } else { false } }
    static func isFloat(_ word: UInt64) -> Bool { if case .float = ObjectWord.decode(word) { true } else { false } }
    static func isBool(_ word: UInt64) -> Bool { if case .bool = ObjectWord.decode(word) { true } else { false } }
    static func isRange(_ word: UInt64) -> Bool { if case .range = ObjectWord.decode(word) { true } else { false } }
}
