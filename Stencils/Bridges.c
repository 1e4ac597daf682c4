// Code that is no uop: the way in, the way out, and moves between places. They are stencils of the
// tables because only the clang that made the tables knows the stencils' registers.
#ifdef UOP_EMIT_STENCILS
#include "UopMagic.h"

// Called by the host in the plain C convention. clang saves the registers that the host expects
// to find again, and aligns the stack.
void UOP_BRIDGE_FUNCTION(enter)(UopFrame *frame, UopStencilFunction *code)
{
    code(frame);
}

// Where an exit leads that leads nowhere else: back to `enter`.
UOP_STENCIL void UOP_BRIDGE_FUNCTION(return)(UopFrame *frame)
{
    (void)frame;
}

// One for each exit, out of line. The indirect jump makes linking a store into a table of data.
UOP_STENCIL void UOP_BRIDGE_FUNCTION(exit)(UopFrame *frame)
{
    uint64_t number = UOP_NARROW(0);
    frame->exitIndex = number;
    UOP_GO(((UopStencilFunction *)frame->exitTargets[number]));
}

// A word from slot to slot.
UOP_STENCIL void UOP_BRIDGE_FUNCTION(move)(UopFrame *frame)
{
    uint64_t word;
    UOP_LOAD(word, UOP_OFFSET(0));
    UOP_STORE(UOP_OFFSET(1), word);
    UOP_GO(UOP_CONTINUE);
}
#endif
