import UopVM

extension Meaning {
    /// Float64.c.
    static let floats: [Meaning] = arithmetic + rawBits + floatComparisons + conversions

    private static let arithmetic: [Meaning] = [
        .binaryFloat("_F64_ADD") { $0 + $1 },
        .binaryFloat("_F64_SUB") { $0 - $1 },
        .binaryFloat("_F64_MUL") { $0 * $1 },
        .binaryFloat("_F64_DIV") { $0 / $1 },
        .unaryFloat("_F64_SQRT") { $0.squareRoot() },
        .binaryFloat("_F64_REM") { remainder($0, $1) },
        .binaryFloat("_F64_MIN") { a, b in
            a.isNaN || b.isNaN ? .nan : a.isTotallyOrdered(belowOrEqualTo: b) ? a : b
        },
        .binaryFloat("_F64_MAX") { a, b in
            a.isNaN || b.isNaN ? .nan : a.isTotallyOrdered(belowOrEqualTo: b) ? b : a
        },
    ]

    /// What keeps every bit, those of NaNs too.
    private static let rawBits: [Meaning] = [
        Meaning("_F64_NEG") { .output(.word($0[0] ^ 1 << 63)) },
        Meaning("_F64_ABS") { .output(.word($0[0] & (1 << 63 - 1))) },
        Meaning("_F64_COPYSIGN") { .output(.word($0[0] & (1 << 63 - 1) | $0[1] & 1 << 63)) },
        Meaning("_I64_FROM_F64_BITS") { .output(.word($0[0])) },
        Meaning("_F64_FROM_I64_BITS") { .output(.word($0[0])) },
    ]

    private static let floatComparisons: [Meaning] = [
        .floatTruth("_F64_EQ") { $0 == $1 },
        .floatTruth("_F64_NE") { $0 != $1 },
        .floatTruth("_F64_LT") { $0 < $1 },
        .floatTruth("_F64_LE") { $0 <= $1 },
        .floatTruth("_F64_GT") { $0 > $1 },
        .floatTruth("_F64_GE") { $0 >= $1 },
    ]

    private static let conversions: [Meaning] = [
        Meaning("_F64_FROM_I64_S") { .output(Output(Double(Int64(bitPattern: $0[0])))) },
        Meaning("_F64_FROM_I64_U") { .output(Output(Double($0[0]))) },
        Meaning("_I64_FROM_F64_S") { words in
            Int64(exactly: Double(bitPattern: words[0]).rounded(.towardZero)).map { .output(Output($0)) } ?? .exit
        },
        Meaning("_I64_FROM_F64_U") { words in
            UInt64(exactly: Double(bitPattern: words[0]).rounded(.towardZero)).map { .output(.word($0)) } ?? .exit
        },
    ]

    /// What is left of the dividend when the divisor was taken from it as often as it fits. The largest
    /// multiple by a power of two is taken each time, so that every difference is exact.
    private static func remainder(_ dividend: Double, _ divisor: Double) -> Double {
        guard dividend.isFinite, !divisor.isNaN, divisor != 0 else { return .nan }
        guard divisor.isFinite else { return dividend }
        var rest = dividend.magnitude
        while rest >= divisor.magnitude {
            var multiple = divisor.magnitude
            while multiple <= rest - multiple { multiple *= 2 }
            rest -= multiple
        }
        return dividend.sign == .minus ? -rest : rest
    }
}
