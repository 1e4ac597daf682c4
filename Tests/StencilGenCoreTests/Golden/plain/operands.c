// Operands of 32 bits (small symbols) and of 64 bits (symbols above -mlarge-data-threshold).
#include <stdint.h>

typedef __attribute__((preserve_none)) void Stencil(uint64_t *frame, uint64_t a, uint64_t b);
extern Stencil continuation;
extern char FIRST_32[1], SECOND_32[1], FIRST_64[1 << 20];

// A displacement: sign-extended.
__attribute__((preserve_none)) void LOAD_SLOT(uint64_t *frame, uint64_t a, uint64_t b)
{
    a = *(uint64_t *)((char *)frame + (uintptr_t)FIRST_32);
    __attribute__((musttail)) return continuation(frame, a, b);
}

// A value of 32 bits: zero-extended.
__attribute__((preserve_none)) void CONSTANT_32(uint64_t *frame, uint64_t a, uint64_t b)
{
    a = (uintptr_t)FIRST_32;
    __asm__("" : "+r"(a));
    __attribute__((musttail)) return continuation(frame, a, b);
}

__attribute__((preserve_none)) void CONSTANT_64(uint64_t *frame, uint64_t a, uint64_t b)
{
    a = (uintptr_t)FIRST_64;
    __attribute__((musttail)) return continuation(frame, a, b);
}

// Two operands, and an addend: the word behind the second slot.
__attribute__((preserve_none)) void MOVE_SLOT(uint64_t *frame, uint64_t a, uint64_t b)
{
    uint64_t word = *(uint64_t *)((char *)frame + (uintptr_t)FIRST_32);
    ((uint64_t *)((char *)frame + (uintptr_t)SECOND_32))[1] = word;
    __attribute__((musttail)) return continuation(frame, a, b);
}
