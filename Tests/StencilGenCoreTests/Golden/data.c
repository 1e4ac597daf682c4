// A constant beside the code, and a function wherever the host has it.
#include "UopMagic.h"

UOP_HELPER(int64_t, host_clock, ())

UOP_REGISTER_STENCIL(SCALE)
{
    UOP_UNDEFINED;
    UOP_FLOAT(0) = UOP_FLOAT(0) * 0.3;
    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);
}

UOP_FRAME_STENCIL(CALL_HELPER)
{
    UOP_FRAME_UNDEFINED;
    frame->helperStatus = UOP_CALL(host_clock)();
    UOP_GO(UOP_CONTINUE);
}
