// Jumps, guards, exits, and what the compiler inserts at back edges.
#include "UopDefine.h"

UOP(_NOP, IN(), OUT(), OPERANDS(), FLAGS(PURE), "Does nothing.")
{
}

UOP(_SET_IP, IN(), OUT(), OPERANDS(IMM_I64 position), FLAGS(POSITION), "Records the position in the source program.")
{
    frame->instructionPointer = position;
}

UOP(_JUMP, IN(), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS, TERMINATOR), "Goes to the label.")
{
    JUMP();
}

UOP(_JUMP_TO_TOP, IN(), OUT(), OPERANDS(), FLAGS(JUMPS, TERMINATOR, TO_TOP), "Goes to the first uop of the trace.")
{
    JUMP();
}

UOP(_JUMP_IF_TRUE, IN(I64 condition), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS), "Goes to the label where the condition is not 0.")
{
    if (condition != 0) JUMP();
}

UOP(_JUMP_IF_FALSE, IN(I64 condition), OUT(), OPERANDS(LABEL target), FLAGS(JUMPS), "Goes to the label where the condition is 0.")
{
    if (condition == 0) JUMP();
}
UOP_INVERSES(_JUMP_IF_TRUE, _JUMP_IF_FALSE)

UOP(_GUARD_TRUE, IN(I64 condition), OUT(), OPERANDS(), FLAGS(EXITS), "Exits where the condition is 0.")
{
    if (RARELY(condition == 0)) EXIT();
}

UOP(_GUARD_FALSE, IN(I64 condition), OUT(), OPERANDS(), FLAGS(EXITS), "Exits where the condition is not 0.")
{
    if (RARELY(condition != 0)) EXIT();
}

UOP(_EXIT_TRACE, IN(), OUT(), OPERANDS(), FLAGS(EXITS, TERMINATOR), "Leaves the trace.")
{
    EXIT();
}

// ---- Inserted at back edges ---------------------------------------------------------------------

UOP(_POLL_FUEL, IN(), OUT(), OPERANDS(), FLAGS(EXITS, INTERNAL, POLLS_FUEL),
    "Takes one unit of fuel; exits where none is left, or where the run shall stop.")
{
    // Compared before it is counted down: a host may set any budget, the minimum too.
    if (RARELY(frame->budget <= frame->floor)) EXIT();
    frame->budget--;
}

UOP(_POLL_INTERRUPT, IN(), OUT(), OPERANDS(), FLAGS(EXITS, INTERNAL, POLLS_INTERRUPT),
    "Exits where the run shall stop.")
{
    // As any address is above 0 and below INT64_MAX, this asks whether the floor is raised, in one fused instruction
    // with the jump: a comparison of memory with a literal is two on many processors.
    if (RARELY(frame->floor > (int64_t)(uintptr_t)frame)) EXIT();
}

// ---- Inserted for profiles ----------------------------------------------------------------------

UOP(_COUNT, IN(), OUT(), OPERANDS(IMM_INDEX counter), FLAGS(INTERNAL, COUNTS), "Counts how often it is passed.")
{
    frame->counters[counter]++;
}
