// Machine integers of 64 bits, and the 32-bit operations that their users need.
#include "Integers.h"

// ---- Arithmetic that wraps ----------------------------------------------------------------------

#define WRAPPING(name, operation, documentation, ...) \
    UOP(name, IN(I64 left, I64 right), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL __VA_OPT__(,) __VA_ARGS__), documentation) \
    { \
        *result = (int64_t)((uint64_t)left operation (uint64_t)right); \
    }
WRAPPING(_I64_ADD, +, "Sum modulo 2^64.", COMMUTES)
WRAPPING(_I64_SUB, -, "Difference modulo 2^64.")
WRAPPING(_I64_MUL, *, "Product modulo 2^64.", COMMUTES)
WRAPPING(_I64_AND, &, "Bitwise and.", COMMUTES)
WRAPPING(_I64_OR, |, "Bitwise or.", COMMUTES)
WRAPPING(_I64_XOR, ^, "Bitwise exclusive or.", COMMUTES)

#define FUSING(name) \
    UOP_FUSE(name, _JUMP_IF_TRUE) \
    UOP_FUSE(name, _JUMP_IF_FALSE) \
    UOP_FUSE(name, _GUARD_TRUE) \
    UOP_FUSE(name, _GUARD_FALSE)
FUSING(_I64_AND)

UOP(_I64_NEG, IN(I64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE), "Negation modulo 2^64.")
{
    *result = (int64_t)(0 - (uint64_t)value);
}

UOP(_I64_NOT, IN(I64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE), "Bitwise complement.")
{
    *result = ~value;
}

// ---- Arithmetic that leaves where the result does not fit ---------------------------------------

UOP(_I64_ADD_CHECKED, IN(I64 left, I64 right), OUT(I64 sum), OPERANDS(), FLAGS(PURE, EXITS, RECOVERS_FIRST, RECOVERS_SECOND, LITERAL, COMMUTES),
    "Sum; exits where it does not fit.")
{
    if (RARELY(__builtin_add_overflow(left, right, sum))) EXIT();
}
UOP_RECOVERS_FIRST(_I64_ADD_CHECKED, right, sum, sum - right)
UOP_RECOVERS_SECOND(_I64_ADD_CHECKED, left, sum, sum - left)

UOP(_I64_SUB_CHECKED, IN(I64 left, I64 right), OUT(I64 difference), OPERANDS(),
    FLAGS(PURE, EXITS, RECOVERS_FIRST, RECOVERS_SECOND, LITERAL), "Difference; exits where it does not fit.")
{
    if (RARELY(__builtin_sub_overflow(left, right, difference))) EXIT();
}
UOP_RECOVERS_FIRST(_I64_SUB_CHECKED, right, difference, difference + right)
UOP_RECOVERS_SECOND(_I64_SUB_CHECKED, left, difference, left - difference)

UOP(_I64_MUL_CHECKED, IN(I64 left, I64 right), OUT(I64 product), OPERANDS(), FLAGS(PURE, EXITS, LITERAL, COMMUTES),
    "Product; exits where it does not fit.")
{
    if (RARELY(__builtin_mul_overflow(left, right, product))) EXIT();
}

UOP(_I64_NEG_CHECKED, IN(I64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE, EXITS, RECOVERS_FIRST),
    "Negation; exits for the minimum.")
{
    if (RARELY(__builtin_sub_overflow((int64_t)0, value, result))) EXIT();
}
UOP_RECOVERS_FIRST(_I64_NEG_CHECKED, none, result, none - result)

// ---- High half of a product ---------------------------------------------------------------------

UOP(_I64_MUL_HIGH_S, IN(I64 left, I64 right), OUT(I64 high), OPERANDS(), FLAGS(PURE, COMMUTES),
    "Upper 64 bits of the signed 128-bit product.")
{
    *high = integer_multiply_high_signed(left, right);
}

UOP(_I64_MUL_HIGH_U, IN(I64 left, I64 right), OUT(I64 high), OPERANDS(), FLAGS(PURE, COMMUTES),
    "Upper 64 bits of the unsigned 128-bit product.")
{
    *high = (int64_t)integer_multiply_high((uint64_t)left, (uint64_t)right);
}

// ---- Division -----------------------------------------------------------------------------------

// The two quotients that do not exist. One comparison for all divisors but 0 and -1.
#define NO_QUOTIENT_S(left, right) (RARELY((uint64_t)(right) + 1 <= 1) && ((right) == 0 || (left) == INT64_MIN))

UOP(_I64_DIV_S, IN(I64 left, I64 right), OUT(I64 quotient), OPERANDS(), FLAGS(PURE, EXITS),
    "Signed quotient, rounded towards zero; exits for a zero divisor and for minimum / -1.")
{
    if (RARELY(NO_QUOTIENT_S(left, right))) EXIT();
    *quotient = INTEGER_DIVIDE_SIGNED(left, right);
}

UOP(_I64_REM_S, IN(I64 left, I64 right), OUT(I64 remainder), OPERANDS(), FLAGS(PURE, EXITS),
    "Signed remainder with the sign of the dividend; exits for a zero divisor and for minimum / -1.")
{
    if (RARELY(NO_QUOTIENT_S(left, right))) EXIT();
    *remainder = INTEGER_REMAINDER_SIGNED(left, right);
}

UOP(_I64_DIV_U, IN(I64 left, I64 right), OUT(I64 quotient), OPERANDS(), FLAGS(PURE, EXITS),
    "Unsigned quotient; exits for a zero divisor.")
{
    if (RARELY(right == 0)) EXIT();
    *quotient = (int64_t)INTEGER_DIVIDE((uint64_t)left, (uint64_t)right);
}

UOP(_I64_REM_U, IN(I64 left, I64 right), OUT(I64 remainder), OPERANDS(), FLAGS(PURE, EXITS),
    "Unsigned remainder; exits for a zero divisor.")
{
    if (RARELY(right == 0)) EXIT();
    *remainder = (int64_t)INTEGER_REMAINDER((uint64_t)left, (uint64_t)right);
}

UOP(_I64_DIV_FLOOR, IN(I64 left, I64 right), OUT(I64 quotient), OPERANDS(), FLAGS(PURE, EXITS),
    "Signed quotient, rounded down; exits for a zero divisor and for minimum / -1.")
{
    if (RARELY(NO_QUOTIENT_S(left, right))) EXIT();
    *quotient = INTEGER_DIVIDE_SIGNED(left, right) - (INTEGER_REMAINDER_SIGNED(left, right) != 0 && (left ^ right) < 0);
}

UOP(_I64_MOD_FLOOR, IN(I64 left, I64 right), OUT(I64 remainder), OPERANDS(), FLAGS(PURE, EXITS),
    "Signed remainder with the sign of the divisor; exits for a zero divisor and for minimum / -1.")
{
    if (RARELY(NO_QUOTIENT_S(left, right))) EXIT();
    int64_t truncated = INTEGER_REMAINDER_SIGNED(left, right);
    *remainder = truncated != 0 && (truncated ^ right) < 0 ? truncated + right : truncated;
}

// ---- Shifts and rotations: the count is taken modulo the width ----------------------------------

UOP(_I64_SHL, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Shift left by count modulo 64.")
{
    *result = (int64_t)((uint64_t)value << (count & 63));
}

UOP(_I64_SHR_S, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Arithmetic shift right by count modulo 64.")
{
    *result = value >> (count & 63);
}

UOP(_I64_SHR_U, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Logical shift right by count modulo 64.")
{
    *result = (int64_t)((uint64_t)value >> (count & 63));
}

UOP(_I64_ROTL, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Rotation left by count modulo 64.")
{
    *result = (int64_t)__builtin_rotateleft64((uint64_t)value, (uint64_t)count & 63);
}

UOP(_I64_ROTR, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Rotation right by count modulo 64.")
{
    *result = (int64_t)__builtin_rotateright64((uint64_t)value, (uint64_t)count & 63);
}

UOP(_I32_ROTL, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Rotation left of the low 32 bits by count modulo 32, zero-extended.")
{
    *result = __builtin_rotateleft32((uint32_t)value, (uint32_t)count & 31);
}

UOP(_I32_ROTR, IN(I64 value, I64 count), OUT(I64 result), OPERANDS(), FLAGS(PURE, LITERAL),
    "Rotation right of the low 32 bits by count modulo 32, zero-extended.")
{
    *result = __builtin_rotateright32((uint32_t)value, (uint32_t)count & 31);
}

// ---- Counting bits ------------------------------------------------------------------------------

UOP(_I64_CLZ, IN(I64 value), OUT(I64 count), OPERANDS(), FLAGS(PURE), "Leading zero bits; 64 for zero.")
{
    *count = value == 0 ? 64 : __builtin_clzll((uint64_t)value);
}

UOP(_I64_CTZ, IN(I64 value), OUT(I64 count), OPERANDS(), FLAGS(PURE), "Trailing zero bits; 64 for zero.")
{
    *count = value == 0 ? 64 : __builtin_ctzll((uint64_t)value);
}

UOP(_I64_POPCNT, IN(I64 value), OUT(I64 count), OPERANDS(), FLAGS(PURE), "One bits.")
{
    *count = __builtin_popcountll((uint64_t)value);
}

// ---- Widths -------------------------------------------------------------------------------------

#define CONVERTING(name, type, documentation) \
    UOP(name, IN(I64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE), documentation) \
    { \
        *result = (int64_t)(type)value; \
    }
CONVERTING(_I64_EXTEND8_S, int8_t, "Low 8 bits, sign-extended.")
CONVERTING(_I64_EXTEND16_S, int16_t, "Low 16 bits, sign-extended.")
CONVERTING(_I64_EXTEND32_S, int32_t, "Low 32 bits, sign-extended: wraps to a signed 32-bit integer.")
CONVERTING(_I64_EXTEND8_U, uint8_t, "Low 8 bits, zero-extended.")
CONVERTING(_I64_EXTEND16_U, uint16_t, "Low 16 bits, zero-extended.")
CONVERTING(_I64_EXTEND32_U, uint32_t, "Low 32 bits, zero-extended: wraps to an unsigned 32-bit integer.")

// ---- Comparisons: 1 where true, 0 where false ---------------------------------------------------

#define COMPARING(name, type, operation, documentation, ...) \
    UOP(name, IN(I64 left, I64 right), OUT(I64 truth), OPERANDS(), \
        FLAGS(PURE, TRUTH, LITERAL __VA_OPT__(,) __VA_ARGS__), documentation) \
    { \
        *truth = (type)left operation (type)right; \
    } \
    FUSING(name)
COMPARING(_I64_EQ, int64_t, ==, "1 where left equals right, else 0.", COMMUTES)
COMPARING(_I64_NE, int64_t, !=, "1 where left differs from right, else 0.", COMMUTES)
COMPARING(_I64_LT_S, int64_t, <, "1 where left is less than right, signed, else 0.")
COMPARING(_I64_LE_S, int64_t, <=, "1 where left is at most right, signed, else 0.")
COMPARING(_I64_GT_S, int64_t, >, "1 where left is greater than right, signed, else 0.")
COMPARING(_I64_GE_S, int64_t, >=, "1 where left is at least right, signed, else 0.")
COMPARING(_I64_LT_U, uint64_t, <, "1 where left is less than right, unsigned, else 0.")
COMPARING(_I64_LE_U, uint64_t, <=, "1 where left is at most right, unsigned, else 0.")
COMPARING(_I64_GT_U, uint64_t, >, "1 where left is greater than right, unsigned, else 0.")
COMPARING(_I64_GE_U, uint64_t, >=, "1 where left is at least right, unsigned, else 0.")

UOP(_I64_EQZ, IN(I64 value), OUT(I64 truth), OPERANDS(), FLAGS(PURE, TRUTH), "1 where the value is 0, else 0.")
{
    *truth = value == 0;
}
FUSING(_I64_EQZ)

#define CHOOSING(name, type, operation, documentation) \
    UOP(name, IN(I64 left, I64 right), OUT(I64 result), OPERANDS(), FLAGS(PURE, COMMUTES), documentation) \
    { \
        *result = (type)left operation (type)right ? left : right; \
    }
CHOOSING(_I64_MIN_S, int64_t, <, "The lesser, signed.")
CHOOSING(_I64_MAX_S, int64_t, >, "The greater, signed.")
CHOOSING(_I64_MIN_U, uint64_t, <, "The lesser, unsigned.")
CHOOSING(_I64_MAX_U, uint64_t, >, "The greater, unsigned.")
