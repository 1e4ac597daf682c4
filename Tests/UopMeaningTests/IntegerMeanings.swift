import UopVM

extension Meaning {
    /// Integer64.c.
    static let integers: [Meaning] = wrapping + checked + divisions + shifts + bits + comparisons

    private static let wrapping: [Meaning] = [
        .binary("_I64_ADD") { $0 &+ $1 },
        .binary("_I64_SUB") { $0 &- $1 },
        .binary("_I64_MUL") { Int64(bitPattern: $0.multipliedFullWidth(by: $1).low) },
        .binary("_I64_AND") { $0 & $1 },
        .binary("_I64_OR") { $0 | $1 },
        .binary("_I64_XOR") { $0 ^ $1 },
        .unary("_I64_NEG") { 0 &- $0 },
        .unary("_I64_NOT") { -1 - $0 },
        .binary("_I64_MUL_HIGH_S") { $0.multipliedFullWidth(by: $1).high },
        .binaryUnsigned("_I64_MUL_HIGH_U") { $0.multipliedFullWidth(by: $1).high },
    ]

    private static let checked: [Meaning] = [
        .binary("_I64_ADD_CHECKED") { exact($0.addingReportingOverflow($1)) },
        .binary("_I64_SUB_CHECKED") { exact($0.subtractingReportingOverflow($1)) },
        .binary("_I64_MUL_CHECKED") { exact($0.multipliedReportingOverflow(by: $1)) },
        .unary("_I64_NEG_CHECKED") { $0 == .min ? nil : -$0 },
    ]

    private static let divisions: [Meaning] = [
        .binary("_I64_DIV_S") { exact($0.dividedReportingOverflow(by: $1)) },
        .binary("_I64_REM_S") { exact($0.remainderReportingOverflow(dividingBy: $1)) },
        .binaryUnsigned("_I64_DIV_U") { $1 == 0 ? nil : $0 / $1 },
        .binaryUnsigned("_I64_REM_U") { $1 == 0 ? nil : $0 % $1 },
        .binary("_I64_DIV_FLOOR") { floorDivision($0, $1)?.quotient },
        .binary("_I64_MOD_FLOOR") { floorDivision($0, $1)?.remainder },
    ]

    private static let shifts: [Meaning] = [
        .binary("_I64_SHL") { $0 &<< $1 },
        .binary("_I64_SHR_S") { $0 &>> $1 },
        .binaryUnsigned("_I64_SHR_U") { $0 &>> $1 },
        .binaryUnsigned("_I64_ROTL") { value, count in value << (count % 64) | value >> (64 - count % 64) },
        .binaryUnsigned("_I64_ROTR") { value, count in value >> (count % 64) | value << (64 - count % 64) },
        .binaryUnsigned("_I32_ROTL") { value, count in
            let low = UInt32(truncatingIfNeeded: value)
            return UInt64(low << (count % 32) | low >> (32 - count % 32))
        },
        .binaryUnsigned("_I32_ROTR") { value, count in
            let low = UInt32(truncatingIfNeeded: value)
            return UInt64(low >> (count % 32) | low << (32 - count % 32))
        },
    ]

    private static let bits: [Meaning] = [
        .unary("_I64_CLZ") { value in Int64((0..<64).first { value << $0 < 0 } ?? 64) },
        .unary("_I64_CTZ") { value in Int64((0..<64).first { value >> $0 & 1 == 1 } ?? 64) },
        .unary("_I64_POPCNT") { value in Int64((0..<64).count { value >> $0 & 1 == 1 }) },
        .unary("_I64_EXTEND8_S") { Int64(Int8(truncatingIfNeeded: $0)) },
        .unary("_I64_EXTEND16_S") { Int64(Int16(truncatingIfNeeded: $0)) },
        .unary("_I64_EXTEND32_S") { Int64(Int32(truncatingIfNeeded: $0)) },
        .unary("_I64_EXTEND8_U") { $0 & 0xFF },
        .unary("_I64_EXTEND16_U") { $0 & 0xFFFF },
        .unary("_I64_EXTEND32_U") { $0 & 0xFFFF_FFFF },
        .unary("_I64_EQZ") { $0 == 0 ? 1 : 0 },
    ]

    private static let comparisons: [Meaning] = [
        .truth("_I64_EQ") { $0 == $1 },
        .truth("_I64_NE") { $0 != $1 },
        .truth("_I64_LT_S") { $0 < $1 },
        .truth("_I64_LE_S") { $0 <= $1 },
        .truth("_I64_GT_S") { $0 > $1 },
        .truth("_I64_GE_S") { $0 >= $1 },
        .truthUnsigned("_I64_LT_U") { $0 < $1 },
        .truthUnsigned("_I64_LE_U") { $0 <= $1 },
        .truthUnsigned("_I64_GT_U") { $0 > $1 },
        .truthUnsigned("_I64_GE_U") { $0 >= $1 },
        .binary("_I64_MIN_S") { min($0, $1) },
        .binary("_I64_MAX_S") { max($0, $1) },
        .binaryUnsigned("_I64_MIN_U") { min($0, $1) },
        .binaryUnsigned("_I64_MAX_U") { max($0, $1) },
    ]

    private static func exact(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
        result.overflow ? nil : result.partialValue
    }

    /// Python's `//` and `%`; nil where there is no quotient of 64 bits.
    ///
    /// By magnitudes: what is left over counts from the other side where the signs differ.
    static func floorDivision(_ dividend: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64)? {
        guard divisor != 0, !(dividend == .min && divisor == -1) else { return nil }
        let (whole, rest) = dividend.magnitude.quotientAndRemainder(dividingBy: divisor.magnitude)
        let differ = (dividend < 0) != (divisor < 0)
        let quotient = differ ? 0 &- Int64(bitPattern: whole &+ (rest == 0 ? 0 : 1)) : Int64(bitPattern: whole)
        let distance = rest == 0 || !differ ? rest : divisor.magnitude - rest
        return (quotient, divisor < 0 ? 0 &- Int64(bitPattern: distance) : Int64(bitPattern: distance))
    }
}
