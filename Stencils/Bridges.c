// Code that is no uop: the way in, the way out, and moves between places. They are stencils of the
// tables because only the clang that made the tables knows the stencils' registers.
#ifdef UOP_EMIT_BRIDGES
#include "UopMagic.h"

// Called by the host in the plain C convention. clang saves the registers that the host expects
// to find again, and aligns the stack.
UOP_ENTRY_ATTRIBUTE void UOP_BRIDGE_FUNCTION(enter)(UopFrame *frame, UopStencilFunction *code)
{
    UOP_ENTER(code);
}

#ifdef UOP_MICROSOFT_CONVENTION
// The same, and the way to helpers, for hosts whose C has another convention.
UOP_MICROSOFT_CONVENTION void UOP_BRIDGE_FUNCTION(enterMicrosoft)(UopFrame *frame, UopStencilFunction *code)
{
    UOP_ENTER(code);
}

typedef UOP_MICROSOFT_CONVENTION int64_t UopMicrosoftHelper(void *context, const uint64_t *arguments, uint64_t *result);
int64_t UOP_BRIDGE_FUNCTION(helperMicrosoft)(void *descriptor, const uint64_t *arguments, uint64_t *result)
{
    const UopHelper *helper = descriptor;
    return ((UopMicrosoftHelper *)(void *)helper->function)(helper->context, arguments, result);
}
#endif

// Where an exit leads that leads nowhere else: back to `enter`, with the registers in the frame.
#define UOP_STORE_INTEGER(number, name) frame->registers[number] = UOP_INTEGER(number);
#define UOP_STORE_FLOAT(number, name) __builtin_memcpy(&frame->registers[UOP_INTEGER_REGISTER_COUNT + number], &UOP_FLOAT(number), 8);
UOP_REGISTER_STENCIL(UOP_BRIDGE_FUNCTION(return))
{
    UOP_UNDEFINED;
    UOP_REGISTER_LIST(UOP_STORE_INTEGER, UOP_STORE_FLOAT)
}

// One for each exit, out of line. The indirect jump makes linking a store into a table of data.
UOP_REGISTER_STENCIL(UOP_BRIDGE_FUNCTION(exit))
{
    UOP_UNDEFINED;
    uint64_t number = UOP_NUMBER(0);
    frame->exitIndex = number;
    UOP_GO_REGISTERS(((UopRegisterFunction *)frame->exitTargets[number]));
}

// A word from slot to slot.
UOP_REGISTER_STENCIL(UOP_BRIDGE_FUNCTION(move))
{
    UOP_UNDEFINED;
    uint64_t word;
    UOP_LOAD(word, UOP_OFFSET_WIDE(0));
    UOP_STORE(UOP_OFFSET_WIDE(1), word);
    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);
}

// On to where a conditional branch cannot lead by itself.
UOP_REGISTER_STENCIL(UOP_BRIDGE_FUNCTION(jump))
{
    UOP_UNDEFINED;
    UOP_GO_REGISTERS(UOP_JUMP_TARGET_REGISTERS);
}

// What fills up to the head of a loop: executed once for each time that the loop is entered.
#define UOP_PADDING(size) \
    UOP_REGISTER_STENCIL(UOP_BRIDGE_FUNCTION(padding##size)) \
    { \
        UOP_UNDEFINED; \
        __asm__ volatile(UOP_PADDING_TEXT(size)); \
        UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS); \
    }
UOP_PADDING(4)
UOP_PADDING(8)
UOP_PADDING(12)
#if UOP_PADDING_UNIT == 1
UOP_PADDING(1)
UOP_PADDING(2)
UOP_PADDING(3)
UOP_PADDING(5)
UOP_PADDING(6)
UOP_PADDING(7)
UOP_PADDING(9)
UOP_PADDING(10)
UOP_PADDING(11)
UOP_PADDING(13)
UOP_PADDING(14)
UOP_PADDING(15)
#endif
#endif
