// LOAD_FAST as the talk on CPython's JIT shows it: one operand, one continuation. An object is
// immortal when its reference count is at the top, so that one more would be zero.
#include <stdint.h>

typedef struct Object {
    uint32_t refcount;
} Object;

typedef struct Frame {
    void *header[9];
    Object *locals[];
} Frame;

typedef __attribute__((preserve_none)) void Stencil(Frame *frame, Object **sp);
extern Stencil continuation;
extern char OPARG[];

__attribute__((preserve_none)) void LOAD_FAST(Frame *frame, Object **sp)
{
    int oparg = (int)(uintptr_t)&OPARG;
    Object *value = frame->locals[oparg];
    uint32_t refcount = value->refcount + 1;
    if (refcount != 0) value->refcount = refcount;
    *sp++ = value;
    __attribute__((musttail)) return continuation(frame, sp);
}
