// Three uops of somebody else: a set of its own, outside the package.
#include "UopDefine.h"

UOP_HELPER(double, hypot, (double, double))

UOP(_DEMO_CUBE, IN(I64 value), OUT(I64 cube), OPERANDS(), FLAGS(PURE, EXITS), "The cube; exits where it does not fit.")
{
    int64_t square;
    if (RARELY(__builtin_mul_overflow(value, value, &square))) EXIT();
    if (RARELY(__builtin_mul_overflow(square, value, cube))) EXIT();
}

UOP(_DEMO_CLAMP, IN(I64 value), OUT(I64 clamped), OPERANDS(IMM_I64 low, IMM_I64 high), FLAGS(PURE),
    "The value, but at least low and at most high.")
{
    *clamped = value < low ? low : value > high ? high : value;
}

UOP(_DEMO_HYPOT, IN(F64 x, F64 y), OUT(F64 length), OPERANDS(), FLAGS(PURE), "The length of the vector.")
{
    *length = UOP_CALL(hypot)(x, y);
}
