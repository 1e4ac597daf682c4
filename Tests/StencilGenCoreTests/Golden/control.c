// Branches out of a stencil, with and without work on the rare side.
#include "UopMagic.h"

UOP_REGISTER_STENCIL(GUARD)
{
    UOP_UNDEFINED;
    if (RARELY(UOP_INTEGER(0) != UOP_INTEGER(1))) UOP_GO_REGISTERS(UOP_EXIT_TARGET_REGISTERS);
    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);
}

// The exit stores what it leaves with: cold code inside the stencil.
UOP_REGISTER_STENCIL(ADD_CHECKED)
{
    UOP_UNDEFINED;
    int64_t sum;
    if (RARELY(__builtin_add_overflow((int64_t)UOP_INTEGER(0), (int64_t)UOP_INTEGER(1), &sum))) {
        frame->exitIndex = UOP_INTEGER(0);
        UOP_GO_REGISTERS(UOP_EXIT_TARGET_REGISTERS);
    }
    UOP_INTEGER(0) = (uint64_t)sum;
    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);
}

// Where control goes on is not always the common way.
UOP_REGISTER_STENCIL(JUMP_IF_ZERO)
{
    UOP_UNDEFINED;
    if (UOP_INTEGER(0) == 0) UOP_GO_REGISTERS(UOP_JUMP_TARGET_REGISTERS);
    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);
}
