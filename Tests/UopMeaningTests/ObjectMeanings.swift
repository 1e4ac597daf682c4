import UopVM

extension Meaning {
    /// Objects.c, without the uops of range iterators (RangeIteratorTests.swift).
    static let objects: [Meaning] =
        guards + objectIntegers + objectFloats + objectComparisons + objectTruths + objectJumps + boxing

    private static let guards: [Meaning] = [
        .guarding("_GUARD_BOTH_INT") { Objects.isInteger($0[0]) && Objects.isInteger($0[1]) },
        .guarding("_GUARD_BOTH_FLOAT") { Objects.isFloat($0[0]) && Objects.isFloat($0[1]) },
        .guarding("_GUARD_TOS_INT") { Objects.isInteger($0[0]) },
        .guarding("_GUARD_TOS_FLOAT") { Objects.isFloat($0[0]) },
        .guarding("_GUARD_TOS_BOOL") { Objects.isBool($0[0]) },
        .guarding("_GUARD_NOS_INT") { Objects.isInteger($0[0]) },
        .guarding("_GUARD_NOS_FLOAT") { Objects.isFloat($0[0]) },
        .guarding("_ITER_CHECK_RANGE") { Objects.isRange($0[0]) },
        .guardingPop("_GUARD_IS_TRUE_POP") { $0[0] == ObjectWord.true },
        .guardingPop("_GUARD_IS_FALSE_POP") { $0[0] == ObjectWord.false },
        .guardingPop("_GUARD_IS_NONE_POP") { $0[0] == ObjectWord.none },
        .guardingPop("_GUARD_IS_NOT_NONE_POP") { $0[0] != ObjectWord.none },
    ]

    private static let objectIntegers: [Meaning] = [
        .objectInteger("_BINARY_OP_ADD_INT") { $0 + $1 },
        .objectInteger("_BINARY_OP_SUBTRACT_INT") { $0 - $1 },
        .objectInteger("_BINARY_OP_MULTIPLY_INT") { a, b in
            let product = a.multipliedReportingOverflow(by: b)
            return product.overflow ? nil : product.partialValue
        },
        .objectInteger("_BINARY_OP_FLOOR_DIVIDE_INT") { floorDivision($0, $1)?.quotient },
        .objectInteger("_BINARY_OP_REMAINDER_INT") { floorDivision($0, $1)?.remainder },
        .objectInteger("_BINARY_OP_AND_INT") { $0 & $1 },
        .objectInteger("_BINARY_OP_OR_INT") { $0 | $1 },
        .objectInteger("_BINARY_OP_XOR_INT") { $0 ^ $1 },
        Meaning("_UNARY_NEGATIVE_INT") { smallInteger(-Objects.integer($0[0])) },
    ]

    private static let objectFloats: [Meaning] = [
        .objectFloat("_BINARY_OP_ADD_FLOAT") { $0 + $1 },
        .objectFloat("_BINARY_OP_SUBTRACT_FLOAT") { $0 - $1 },
        .objectFloat("_BINARY_OP_MULTIPLY_FLOAT") { $0 * $1 },
        .objectFloat("_BINARY_OP_TRUE_DIVIDE_FLOAT") { $1 == 0 ? nil : $0 / $1 },
        Meaning("_UNARY_NEGATIVE_FLOAT") { .output(.word(Objects.word(-Objects.float($0[0])))) },
    ]

    private static let objectComparisons: [Meaning] = [
        .integerTruth("_COMPARE_OP_LT_INT") { $0 < $1 },
        .integerTruth("_COMPARE_OP_LE_INT") { $0 <= $1 },
        .integerTruth("_COMPARE_OP_EQ_INT") { $0 == $1 },
        .integerTruth("_COMPARE_OP_NE_INT") { $0 != $1 },
        .integerTruth("_COMPARE_OP_GT_INT") { $0 > $1 },
        .integerTruth("_COMPARE_OP_GE_INT") { $0 >= $1 },
        .objectFloatTruth("_COMPARE_OP_LT_FLOAT") { $0 < $1 },
        .objectFloatTruth("_COMPARE_OP_LE_FLOAT") { $0 <= $1 },
        .objectFloatTruth("_COMPARE_OP_EQ_FLOAT") { $0 == $1 },
        .objectFloatTruth("_COMPARE_OP_NE_FLOAT") { $0 != $1 },
        .objectFloatTruth("_COMPARE_OP_GT_FLOAT") { $0 > $1 },
        .objectFloatTruth("_COMPARE_OP_GE_FLOAT") { $0 >= $1 },
        Meaning("_IS_OP") { .output(.word(Objects.word($0[0] == $0[1]))) },
    ]

    private static let objectTruths: [Meaning] = [
        Meaning("_TO_BOOL_INT") { .output(.word(Objects.word(Objects.integer($0[0]) != 0))) },
        Meaning("_TO_BOOL_FLOAT") { .output(.word(Objects.word(!Objects.float($0[0]).isZero))) },
        Meaning("_UNARY_NOT") { .output(.word(Objects.word($0[0] == ObjectWord.false))) },
    ]

    private static let objectJumps: [Meaning] = [
        .jumping("_POP_JUMP_IF_TRUE") { $0[0] == ObjectWord.true },
        .jumping("_POP_JUMP_IF_FALSE") { $0[0] == ObjectWord.false },
        .jumping("_POP_JUMP_IF_NONE") { $0[0] == ObjectWord.none },
        .jumping("_POP_JUMP_IF_NOT_NONE") { $0[0] != ObjectWord.none },
    ]

    private static let boxing: [Meaning] = [
        Meaning("_BOX_INT") { smallInteger(Int64(bitPattern: $0[0])) },
        Meaning("_UNBOX_INT") { .output(Output(Objects.integer($0[0]))) },
        Meaning("_BOX_FLOAT") { .output(.word(Objects.word(Double(bitPattern: $0[0])))) },
        Meaning("_UNBOX_FLOAT") { .output(.word(Objects.float($0[0]).bitPattern)) },
    ]
}
