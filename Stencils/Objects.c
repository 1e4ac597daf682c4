// The dynamic class: what CPython's traces do, under their names. Guards turn `object` into a
// known class; the other uops take known classes and check nothing.
#include "Integers.h"
#include "Objects.h"

// ---- Guards -------------------------------------------------------------------------------------

UOP(_GUARD_BOTH_INT, IN(OBJECT left, OBJECT right), OUT(INT left_int, INT right_int), OPERANDS(), FLAGS(PURE, EXITS, GUARD),
    "Exits unless the top two are small integers.")
{
    if (RARELY(!object_is_int(left) || !object_is_int(right))) EXIT();
}

UOP(_GUARD_BOTH_FLOAT, IN(OBJECT left, OBJECT right), OUT(FLOAT left_float, FLOAT right_float), OPERANDS(), FLAGS(PURE, EXITS, GUARD),
    "Exits unless the top two are floats.")
{
    if (RARELY(!object_is_float(left) || !object_is_float(right))) EXIT();
}

UOP(_GUARD_TOS_INT, IN(OBJECT value), OUT(INT value_int), OPERANDS(), FLAGS(PURE, EXITS, GUARD), "Exits unless the top is a small integer.")
{
    if (RARELY(!object_is_int(value))) EXIT();
}

UOP(_GUARD_TOS_FLOAT, IN(OBJECT value), OUT(FLOAT value_float), OPERANDS(), FLAGS(PURE, EXITS, GUARD), "Exits unless the top is a float.")
{
    if (RARELY(!object_is_float(value))) EXIT();
}

UOP(_GUARD_TOS_BOOL, IN(OBJECT value), OUT(BOOL value_bool), OPERANDS(), FLAGS(PURE, EXITS, GUARD), "Exits unless the top is True or False.")
{
    if (RARELY(!object_is_bool(value))) EXIT();
}

UOP(_GUARD_NOS_INT, IN(OBJECT second, A first), OUT(INT second_int, A first_same), OPERANDS(), FLAGS(PURE, EXITS, GUARD),
    "Exits unless the second is a small integer.")
{
    if (RARELY(!object_is_int(second))) EXIT();
}

UOP(_GUARD_NOS_FLOAT, IN(OBJECT second, A first), OUT(FLOAT second_float, A first_same), OPERANDS(), FLAGS(PURE, EXITS, GUARD),
    "Exits unless the second is a float.")
{
    if (RARELY(!object_is_float(second))) EXIT();
}

UOP(_GUARD_IS_TRUE_POP, IN(BOOL flag), OUT(), OPERANDS(), FLAGS(EXITS), "Exits unless the popped value is True.")
{
    if (RARELY(flag != OBJECT_TRUE)) EXIT();
}

UOP(_GUARD_IS_FALSE_POP, IN(BOOL flag), OUT(), OPERANDS(), FLAGS(EXITS), "Exits unless the popped value is False.")
{
    if (RARELY(flag != OBJECT_FALSE)) EXIT();
}

UOP(_GUARD_IS_NONE_POP, IN(OBJECT value), OUT(), OPERANDS(), FLAGS(EXITS), "Exits unless the popped value is None.")
{
    if (RARELY(value != OBJECT_NONE)) EXIT();
}

UOP(_GUARD_IS_NOT_NONE_POP, IN(OBJECT value), OUT(), OPERANDS(), FLAGS(EXITS), "Exits where the popped value is None.")
{
    if (RARELY(value == OBJECT_NONE)) EXIT();
}

// ---- Arithmetic ---------------------------------------------------------------------------------

UOP(_BINARY_OP_ADD_INT, IN(INT left, INT right), OUT(INT sum), OPERANDS(), FLAGS(PURE, EXITS), "Sum; exits where it is no small integer.")
{
    int64_t shifted;
    if (RARELY(__builtin_add_overflow(object_int_shifted(left), object_int_shifted(right), &shifted))) EXIT();
    *sum = object_from_shifted(shifted);
}

UOP(_BINARY_OP_SUBTRACT_INT, IN(INT left, INT right), OUT(INT difference), OPERANDS(), FLAGS(PURE, EXITS),
    "Difference; exits where it is no small integer.")
{
    int64_t shifted;
    if (RARELY(__builtin_sub_overflow(object_int_shifted(left), object_int_shifted(right), &shifted))) EXIT();
    *difference = object_from_shifted(shifted);
}

UOP(_BINARY_OP_MULTIPLY_INT, IN(INT left, INT right), OUT(INT product), OPERANDS(), FLAGS(PURE, EXITS),
    "Product; exits where it is no small integer.")
{
    int64_t shifted;
    if (RARELY(__builtin_mul_overflow(object_int_shifted(left), object_int(right), &shifted))) EXIT();
    *product = object_from_shifted(shifted);
}

UOP(_BINARY_OP_FLOOR_DIVIDE_INT, IN(INT left, INT right), OUT(INT quotient), OPERANDS(), FLAGS(PURE, EXITS),
    "Quotient rounded down; exits for a zero divisor and where it is no small integer.")
{
    int64_t a = object_int(left), b = object_int(right);
    if (RARELY(b == 0)) EXIT();
    int64_t result = INTEGER_DIVIDE_SIGNED(a, b) - (INTEGER_REMAINDER_SIGNED(a, b) != 0 && (a ^ b) < 0);
    if (RARELY(!object_int_fits(result))) EXIT();
    *quotient = object_from_int(result);
}

UOP(_BINARY_OP_REMAINDER_INT, IN(INT left, INT right), OUT(INT remainder), OPERANDS(), FLAGS(PURE, EXITS),
    "Remainder with the sign of the divisor; exits for a zero divisor.")
{
    int64_t a = object_int(left), b = object_int(right);
    if (RARELY(b == 0)) EXIT();
    int64_t result = INTEGER_REMAINDER_SIGNED(a, b);
    if (result != 0 && (result ^ b) < 0) result += b;
    *remainder = object_from_int(result);
}

#define BITWISE(name, operation, documentation) \
    UOP(name, IN(INT left, INT right), OUT(INT result), OPERANDS(), FLAGS(PURE), documentation) \
    { \
        *result = object_from_int(object_int(left) operation object_int(right)); \
    }
BITWISE(_BINARY_OP_AND_INT, &, "Bitwise and.")
BITWISE(_BINARY_OP_OR_INT, |, "Bitwise or.")
BITWISE(_BINARY_OP_XOR_INT, ^, "Bitwise exclusive or.")

#define FLOATING(name, operation, documentation) \
    UOP(name, IN(FLOAT left, FLOAT right), OUT(FLOAT result), OPERANDS(), FLAGS(PURE), documentation) \
    { \
        *result = object_from_float(object_float(left) operation object_float(right)); \
    }
FLOATING(_BINARY_OP_ADD_FLOAT, +, "Sum.")
FLOATING(_BINARY_OP_SUBTRACT_FLOAT, -, "Difference.")
FLOATING(_BINARY_OP_MULTIPLY_FLOAT, *, "Product.")

UOP(_BINARY_OP_TRUE_DIVIDE_FLOAT, IN(FLOAT left, FLOAT right), OUT(FLOAT quotient), OPERANDS(), FLAGS(PURE, EXITS),
    "Quotient; exits for a zero divisor.")
{
    if (RARELY(object_float(right) == 0)) EXIT();
    *quotient = object_from_float(object_float(left) / object_float(right));
}

UOP(_UNARY_NEGATIVE_INT, IN(INT value), OUT(INT result), OPERANDS(), FLAGS(PURE, EXITS), "Negation; exits where it is no small integer.")
{
    int64_t shifted;
    if (RARELY(__builtin_sub_overflow((int64_t)0, object_int_shifted(value), &shifted))) EXIT();
    *result = object_from_shifted(shifted);
}

UOP(_UNARY_NEGATIVE_FLOAT, IN(FLOAT value), OUT(FLOAT result), OPERANDS(), FLAGS(PURE), "Negation.")
{
    *result = object_from_float(-object_float(value));
}

UOP(_UNARY_NOT, IN(BOOL value), OUT(BOOL result), OPERANDS(), FLAGS(PURE), "True for False, and False for True.")
{
    *result = value ^ (OBJECT_TRUE ^ OBJECT_FALSE);
}

// ---- Comparisons --------------------------------------------------------------------------------

#define COMPARING(name, class, value, operation, documentation) \
    UOP(name, IN(class left, class right), OUT(BOOL truth), OPERANDS(), FLAGS(PURE, TRUTH), documentation) \
    { \
        *truth = object_from_bool(value(left) operation value(right)); \
    } \
    UOP_FUSE(name, _POP_JUMP_IF_TRUE) \
    UOP_FUSE(name, _POP_JUMP_IF_FALSE) \
    UOP_FUSE(name, _GUARD_IS_TRUE_POP) \
    UOP_FUSE(name, _GUARD_IS_FALSE_POP)
COMPARING(_COMPARE_OP_LT_INT, INT, object_int_shifted, <, "True where left is less than right.")
COMPARING(_COMPARE_OP_LE_INT, INT, object_int_shifted, <=, "True where left is at most right.")
COMPARING(_COMPARE_OP_EQ_INT, INT, object_int_shifted, ==, "True where left equals right.")
COMPARING(_COMPARE_OP_NE_INT, INT, object_int_shifted, !=, "True where left differs from right.")
COMPARING(_COMPARE_OP_GT_INT, INT, object_int_shifted, >, "True where left is greater than right.")
COMPARING(_COMPARE_OP_GE_INT, INT, object_int_shifted, >=, "True where left is at least right.")
COMPARING(_COMPARE_OP_LT_FLOAT, FLOAT, object_float, <, "True where left is less than right; False with a NaN.")
COMPARING(_COMPARE_OP_LE_FLOAT, FLOAT, object_float, <=, "True where left is at most right; False with a NaN.")
COMPARING(_COMPARE_OP_EQ_FLOAT, FLOAT, object_float, ==, "True where left equals right; False with a NaN.")
COMPARING(_COMPARE_OP_NE_FLOAT, FLOAT, object_float, !=, "True where left differs from right; True with a NaN.")
COMPARING(_COMPARE_OP_GT_FLOAT, FLOAT, object_float, >, "True where left is greater than right; False with a NaN.")
COMPARING(_COMPARE_OP_GE_FLOAT, FLOAT, object_float, >=, "True where left is at least right; False with a NaN.")

UOP(_IS_OP, IN(OBJECT left, OBJECT right), OUT(BOOL truth), OPERANDS(), FLAGS(PURE), "True where both are the same word.")
{
    *truth = object_from_bool(left == right);
}

UOP(_TO_BOOL_INT, IN(INT value), OUT(BOOL truth), OPERANDS(), FLAGS(PURE), "True unless the integer is 0.")
{
    *truth = object_from_bool(object_int_shifted(value) != 0);
}

UOP(_TO_BOOL_FLOAT, IN(FLOAT value), OUT(BOOL truth), OPERANDS(), FLAGS(PURE), "True unless the float is 0.")
{
    *truth = object_from_bool(object_float(value) != 0);
}

// ---- Jumps --------------------------------------------------------------------------------------

UOP(_POP_JUMP_IF_TRUE, IN(BOOL flag), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS), "Goes to the label where the flag is True.")
{
    if (flag == OBJECT_TRUE) JUMP();
}

UOP(_POP_JUMP_IF_FALSE, IN(BOOL flag), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS), "Goes to the label where the flag is False.")
{
    if (flag == OBJECT_FALSE) JUMP();
}
UOP_INVERSES(_POP_JUMP_IF_TRUE, _POP_JUMP_IF_FALSE)

UOP(_POP_JUMP_IF_NONE, IN(OBJECT value), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS), "Goes to the label where the value is None.")
{
    if (value == OBJECT_NONE) JUMP();
}

UOP(_POP_JUMP_IF_NOT_NONE, IN(OBJECT value), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS), "Goes to the label where the value is not None.")
{
    if (value != OBJECT_NONE) JUMP();
}
UOP_INVERSES(_POP_JUMP_IF_NONE, _POP_JUMP_IF_NOT_NONE)

// ---- Boxing -------------------------------------------------------------------------------------

UOP(_BOX_INT, IN(I64 value), OUT(INT object), OPERANDS(), FLAGS(PURE, EXITS), "The small integer; exits where it needs more than 50 bits.")
{
    if (RARELY(!object_int_fits(value))) EXIT();
    *object = object_from_int(value);
}

UOP(_UNBOX_INT, IN(INT object), OUT(I64 value), OPERANDS(), FLAGS(PURE), "The small integer as a machine integer.")
{
    *value = object_int(object);
}

UOP(_BOX_FLOAT, IN(F64 value), OUT(FLOAT object), OPERANDS(), FLAGS(PURE), "The float as an object.")
{
    *object = object_from_float(value);
}

UOP(_UNBOX_FLOAT, IN(FLOAT object), OUT(F64 value), OPERANDS(), FLAGS(PURE), "The object as a float64.")
{
    *value = object_float(object);
}

// ---- Range iterators ----------------------------------------------------------------------------

#define ITERATOR(word) (&frame->iterators[(word) & UINT64_C(0xFFFFFFFFFFFF)])

UOP(_ITER_CHECK_RANGE, IN(OBJECT iterator), OUT(RANGE iterator_range), OPERANDS(), FLAGS(PURE, EXITS, GUARD),
    "Exits unless the top is a range iterator.")
{
    if (RARELY(!object_is_range(iterator))) EXIT();
}

UOP(_IS_ITER_EXHAUSTED_RANGE, IN(RANGE iterator), OUT(BOOL exhausted), OPERANDS(), FLAGS(PEEKS),
    "Pushes True where the range iterator on the top has no more values.")
{
    *exhausted = object_from_bool(ITERATOR(iterator)->remaining == 0);
}
UOP_FUSE(_IS_ITER_EXHAUSTED_RANGE, _POP_JUMP_IF_TRUE)
UOP_FUSE(_IS_ITER_EXHAUSTED_RANGE, _POP_JUMP_IF_FALSE)

UOP(_GUARD_NOT_EXHAUSTED_RANGE, IN(RANGE iterator), OUT(), OPERANDS(), FLAGS(EXITS, PEEKS),
    "Exits where the range iterator on the top has no more values.")
{
    if (RARELY(ITERATOR(iterator)->remaining == 0)) EXIT();
}

UOP(_ITER_NEXT_RANGE, IN(RANGE iterator), OUT(INT next), OPERANDS(), FLAGS(EXITS, PEEKS),
    "Pushes the next value of the range iterator on the top; exits where there is none.")
{
    UopRangeIterator *state = ITERATOR(iterator);
    if (RARELY(state->remaining == 0)) EXIT();
    int64_t value = state->next;
    state->remaining--;
    // The value behind the last may not fit; nobody sees it.
    state->next = (int64_t)((uint64_t)value + (uint64_t)state->step);
    *next = object_from_int(value);
}
