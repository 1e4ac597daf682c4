// A constant beside the code, and a function wherever the host has it.
#include <stdint.h>

typedef __attribute__((preserve_none)) void Stencil(uint64_t *frame, double x);
extern Stencil continuation;
extern char HELPER[1 << 20];

__attribute__((preserve_none)) void HALVE(uint64_t *frame, double x)
{
    __attribute__((musttail)) return continuation(frame, x * 0.5);
}

__attribute__((preserve_none)) void CALL_HELPER(uint64_t *frame, double x)
{
    uintptr_t address = (uintptr_t)HELPER;
    __asm__("" : "+r"(address));
    x = ((double (*)(double))address)(x);
    __attribute__((musttail)) return continuation(frame, x);
}
