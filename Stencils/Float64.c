// Float64, IEEE 754 with the default rounding. Which NaN an operation makes is not defined.
#include "UopDefine.h"

#define ARITHMETIC(name, operation, documentation) \
    UOP(name, IN(F64 left, F64 right), OUT(F64 result), OPERANDS(), FLAGS(PURE), documentation) \
    { \
        *result = left operation right; \
    }
ARITHMETIC(_F64_ADD, +, "Sum.")
ARITHMETIC(_F64_SUB, -, "Difference.")
ARITHMETIC(_F64_MUL, *, "Product.")
ARITHMETIC(_F64_DIV, /, "Quotient; a zero divisor gives an infinity or NaN.")

UOP(_F64_NEG, IN(F64 value), OUT(F64 result), OPERANDS(), FLAGS(PURE), "Negation: the sign bit inverted, of NaNs too.")
{
    *result = -value;
}

UOP(_F64_ABS, IN(F64 value), OUT(F64 result), OPERANDS(), FLAGS(PURE), "Absolute value: the sign bit cleared, of NaNs too.")
{
    *result = __builtin_fabs(value);
}

// The elementwise builtin sets no errno, so that it is the one instruction without compiler flags.
UOP(_F64_SQRT, IN(F64 value), OUT(F64 result), OPERANDS(), FLAGS(PURE), "Square root; NaN for a negative value.")
{
    *result = __builtin_elementwise_sqrt(value);
}

// IEEE 754-2019 minimum and maximum, as in WebAssembly: a NaN wins, and -0 lies below +0.
UOP(_F64_MIN, IN(F64 left, F64 right), OUT(F64 result), OPERANDS(), FLAGS(PURE),
    "The lesser; NaN where either is NaN; -0 is less than +0.")
{
    if (left < right) *result = left;
    else if (right < left) *result = right;
    else if (left == right) *result = __builtin_signbit(left) ? left : right;
    else *result = left + right;
}

UOP(_F64_MAX, IN(F64 left, F64 right), OUT(F64 result), OPERANDS(), FLAGS(PURE),
    "The greater; NaN where either is NaN; +0 is greater than -0.")
{
    if (left > right) *result = left;
    else if (right > left) *result = right;
    else if (left == right) *result = __builtin_signbit(left) ? right : left;
    else *result = left + right;
}

UOP(_F64_COPYSIGN, IN(F64 value, F64 sign), OUT(F64 result), OPERANDS(), FLAGS(PURE),
    "The magnitude of the value with the sign of the other.")
{
    *result = __builtin_copysign(value, sign);
}

UOP_HELPER(double, fmod, (double, double))

UOP(_F64_REM, IN(F64 left, F64 right), OUT(F64 remainder), OPERANDS(), FLAGS(PURE),
    "Remainder of the division rounded towards zero (C's fmod).")
{
    *remainder = UOP_CALL(fmod)(left, right);
}

// ---- Comparisons: with a NaN all are 0, except that it differs from everything ------------------

#define COMPARING(name, operation, documentation) \
    UOP(name, IN(F64 left, F64 right), OUT(I64 truth), OPERANDS(), FLAGS(PURE, TRUTH), documentation) \
    { \
        *truth = left operation right; \
    } \
    UOP_FUSE(name, _JUMP_IF_TRUE) \
    UOP_FUSE(name, _JUMP_IF_FALSE) \
    UOP_FUSE(name, _GUARD_TRUE) \
    UOP_FUSE(name, _GUARD_FALSE)
COMPARING(_F64_EQ, ==, "1 where left equals right, else 0; 0 with a NaN.")
COMPARING(_F64_NE, !=, "1 where left differs from right, else 0; 1 with a NaN.")
COMPARING(_F64_LT, <, "1 where left is less than right, else 0; 0 with a NaN.")
COMPARING(_F64_LE, <=, "1 where left is at most right, else 0; 0 with a NaN.")
COMPARING(_F64_GT, >, "1 where left is greater than right, else 0; 0 with a NaN.")
COMPARING(_F64_GE, >=, "1 where left is at least right, else 0; 0 with a NaN.")

// ---- Conversions --------------------------------------------------------------------------------

UOP(_F64_FROM_I64_S, IN(I64 value), OUT(F64 result), OPERANDS(), FLAGS(PURE),
    "The nearest float64 of a signed integer.")
{
    *result = (double)value;
}

UOP(_F64_FROM_I64_U, IN(I64 value), OUT(F64 result), OPERANDS(), FLAGS(PURE),
    "The nearest float64 of an unsigned integer.")
{
    *result = (double)(uint64_t)value;
}

UOP(_I64_FROM_F64_S, IN(F64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE, EXITS),
    "Signed integer, rounded towards zero; exits for NaN and where it does not fit.")
{
    // -2^63 is a float64, 2^63 - 1 is none: the upper bound is the first value that does not fit.
    if (RARELY(!(value >= -0x1p63 && value < 0x1p63))) EXIT();
    *result = (int64_t)value;
}

UOP(_I64_FROM_F64_U, IN(F64 value), OUT(I64 result), OPERANDS(), FLAGS(PURE, EXITS),
    "Unsigned integer, rounded towards zero; exits for NaN and where it does not fit.")
{
    if (RARELY(!(value > -1.0 && value < 0x1p64))) EXIT();
    *result = (int64_t)(uint64_t)value;
}

UOP(_I64_FROM_F64_BITS, IN(F64 value), OUT(I64 bits), OPERANDS(), FLAGS(PURE), "The 64 bits of the float64.")
{
    __builtin_memcpy(bits, &value, 8);
}

UOP(_F64_FROM_I64_BITS, IN(I64 bits), OUT(F64 value), OPERANDS(), FLAGS(PURE), "The float64 with these 64 bits.")
{
    __builtin_memcpy(value, &bits, 8);
}
