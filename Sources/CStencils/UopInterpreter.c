// The way into the interpreter, and the instruction that ends a run.
#include "UopInterpreter.h"

static UOP_HANDLER_CONVENTION UOP_HANDLER_RESULT halt(UopFrame *frame, uint64_t *stack, const uint64_t *code)
{
    frame->exitIndex = code[1];
    frame->stackPointer = stack;
    UOP_HALT();
}

UopAnyFunction *uop_halt_handler(void) { return (UopAnyFunction *)halt; }

void uop_interpret(UopFrame *frame, uint64_t *stack, const uint64_t *code)
{
#ifdef UOP_HAS_MUSTTAIL
    ((UopHandler *)(uintptr_t)*code)(frame, stack, code);
#else
    frame->stackPointer = stack;
    while (code) code = ((UopHandler *)(uintptr_t)*code)(frame, frame->stackPointer, code);
#endif
}
