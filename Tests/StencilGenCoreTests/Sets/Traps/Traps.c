// Uops whose operands invite clang to use what it believes of a symbol's address: that it is not
// null, that it lies below 2 GiB, that adding to it does not wrap. Each is compared with a twin that
// has the literal.
#include "UopDefine.h"

#define COMBINING(name, operation) \
    UOP(name, IN(I64 left), OUT(I64 result), OPERANDS(IMM_I64 right), FLAGS(PURE), "Combines with a literal.") \
    { \
        *result = (int64_t)((uint64_t)left operation (uint64_t)right); \
    }
COMBINING(_TRAP_ADD, +)
COMBINING(_TRAP_SUBTRACT, -)
COMBINING(_TRAP_MULTIPLY, *)
COMBINING(_TRAP_AND, &)
COMBINING(_TRAP_OR, |)
COMBINING(_TRAP_XOR, ^)

#define COMPARING(name, type, operation) \
    UOP(name, IN(I64 left), OUT(I64 truth), OPERANDS(IMM_I64 right), FLAGS(PURE), "Compares with a literal.") \
    { \
        *truth = (type)left operation (type)right; \
    }
COMPARING(_TRAP_EQUAL, int64_t, ==)
COMPARING(_TRAP_LESS, int64_t, <)
COMPARING(_TRAP_LESS_UNSIGNED, uint64_t, <)
COMPARING(_TRAP_LESS_32, int32_t, <)

UOP(_TRAP_IS_NULL, IN(), OUT(I64 truth), OPERANDS(IMM_I64 value), FLAGS(PURE), "1 where the literal is 0.")
{
    *truth = value == 0;
}

UOP(_TRAP_SIGN, IN(), OUT(I64 sign), OPERANDS(IMM_I64 value), FLAGS(PURE), "-1, 0 or 1.")
{
    *sign = value < 0 ? -1 : value > 0;
}

UOP(_TRAP_WRAPS, IN(I64 left), OUT(I64 truth), OPERANDS(IMM_I64 right), FLAGS(PURE), "1 where the unsigned sum wraps.")
{
    *truth = (uint64_t)left + (uint64_t)right < (uint64_t)left;
}

UOP(_TRAP_ADD_CHECKED, IN(I64 left), OUT(I64 sum), OPERANDS(IMM_I64 right), FLAGS(PURE, EXITS), "Exits where the sum does not fit.")
{
    if (RARELY(__builtin_add_overflow(left, right, sum))) EXIT();
}

// The literal twice: one that is compared, one that is stored.
UOP(_TRAP_REPLACE, IN(I64 value), OUT(I64 result), OPERANDS(IMM_I64 other), FLAGS(PURE), "The literal where the value is it, else the complement.")
{
    *result = value == other ? other : ~other;
}

UOP(_TRAP_SHIFT, IN(I64 value), OUT(I64 result), OPERANDS(IMM_I64 count), FLAGS(PURE), "Shift left by the count modulo 64.")
{
    *result = (int64_t)((uint64_t)value << (count & 63));
}

UOP(_TRAP_DIVIDE, IN(I64 value), OUT(I64 quotient), OPERANDS(IMM_I64 divisor), FLAGS(PURE, EXITS), "Unsigned quotient; exits for 0.")
{
    if (RARELY(divisor == 0)) EXIT();
    *quotient = (int64_t)((uint64_t)value / (uint64_t)divisor);
}

UOP(_TRAP_JUMP_ABOVE, IN(I64 value), OUT(), OPERANDS(IMM_I64 limit, LABEL target), FLAGS(JUMPS), "Goes to the label where the value is above the literal.")
{
    if (value > limit) JUMP();
}

UOP(_TRAP_BETWEEN, IN(I64 value), OUT(I64 truth), OPERANDS(IMM_I64 low, IMM_I64 high), FLAGS(PURE), "1 where low <= value <= high.")
{
    *truth = low <= value && value <= high;
}

UOP(_TRAP_ORDERED, IN(), OUT(I64 truth), OPERANDS(IMM_I64 low, IMM_I64 high), FLAGS(PURE), "1 where low < high.")
{
    *truth = low < high;
}

UOP(_TRAP_SCALE, IN(F64 value), OUT(F64 result), OPERANDS(IMM_F64 factor), FLAGS(PURE), "The product; one NaN for all.")
{
    double product = value * factor;
    *result = product == product ? product : __builtin_nan("");
}

UOP(_TRAP_IS_OBJECT, IN(OBJECT object), OUT(I64 truth), OPERANDS(IMM_OBJECT constant), FLAGS(PURE), "1 where the words are equal.")
{
    *truth = object == constant;
}

// Memory operands: an index that wraps in the address.
UOP(_TRAP_SLOT, IN(), OUT(), OPERANDS(IMM_INDEX index, IMM_I64 value), FLAGS(COUNTS), "Adds to a counter.")
{
    frame->counters[index] += (uint64_t)value;
}
