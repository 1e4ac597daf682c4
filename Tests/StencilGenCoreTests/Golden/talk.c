// LOAD_FAST as the talk on CPython's JIT shows it: one operand, one continuation. An object is
// immortal when its reference count is at the top, so that one more would be zero.
#include "UopMagic.h"

typedef struct Object {
    uint32_t refcount;
} Object;

typedef struct TalkFrame {
    void *header[9];
    Object *locals[];
} TalkFrame;

UOP_REGISTER_STENCIL(LOAD_FAST)
{
    UOP_UNDEFINED;
    Object **sp = (Object **)(uintptr_t)UOP_INTEGER(0);
    int oparg = (int)UOP_WIDE(0);
    Object *value = ((TalkFrame *)frame)->locals[oparg];
    uint32_t refcount = value->refcount + 1;
    if (refcount != 0) value->refcount = refcount;
    *sp++ = value;
    UOP_INTEGER(0) = (uintptr_t)sp;
    UOP_GO_REGISTERS(UOP_CONTINUE_REGISTERS);
}
