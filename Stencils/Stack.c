// Locals, constants and the operand stack.
#include "UopDefine.h"

UOP(_LOAD_FAST, IN(), OUT(A value), OPERANDS(LOCAL_READ local), FLAGS(PURE, MOVES), "Pushes a local.")
{
    *value = *UOP_SLOT(local);
}

UOP(_STORE_FAST, IN(A value), OUT(), OPERANDS(LOCAL_WRITE local), FLAGS(MOVES), "Pops into a local.")
{
    *UOP_SLOT(local) = value;
}

UOP(_LOAD_CONST, IN(), OUT(OBJECT value), OPERANDS(IMM_OBJECT constant), FLAGS(PURE, CONSTANT), "Pushes an object literal.")
{
    *value = constant;
}

UOP(_I64_CONST, IN(), OUT(I64 value), OPERANDS(IMM_I64 constant), FLAGS(PURE, CONSTANT), "Pushes an integer literal.")
{
    *value = constant;
}

UOP(_F64_CONST, IN(), OUT(F64 value), OPERANDS(IMM_F64 constant), FLAGS(PURE, CONSTANT), "Pushes a float64 literal.")
{
    *value = constant;
}

UOP(_POP_TOP, IN(A value), OUT(), OPERANDS(), FLAGS(PURE, MOVES), "Drops the top of the stack.")
{
}

UOP(_DUP, IN(A value), OUT(A copy), OPERANDS(), FLAGS(PURE, MOVES, PEEKS), "Pushes the top of the stack again.")
{
    *copy = value;
}

UOP(_OVER, IN(A second, B first), OUT(A copy), OPERANDS(), FLAGS(PURE, MOVES, PEEKS), "Pushes the second word of the stack again.")
{
    *copy = second;
}

UOP(_SWAP, IN(A second, B first), OUT(B deep, A top), OPERANDS(), FLAGS(PURE, MOVES), "Exchanges the top two words.")
{
    *deep = first;
    *top = second;
}

UOP(_ROT_3, IN(A third, B second, C first), OUT(C deep, A middle, B top), OPERANDS(), FLAGS(PURE, MOVES),
    "Moves the top of the stack below the next two.")
{
    *deep = first;
    *middle = third;
    *top = second;
}

UOP(_SELECT, IN(A yes, A no, I64 condition), OUT(A result), OPERANDS(), FLAGS(PURE),
    "The first value where the condition is not 0, else the second.")
{
    *result = condition != 0 ? yes : no;
}
