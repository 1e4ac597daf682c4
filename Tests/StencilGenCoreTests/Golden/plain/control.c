// Branches out of a stencil, with and without work on the rare side.
#include <stdint.h>

typedef __attribute__((preserve_none)) void Stencil(uint64_t *frame, int64_t a, int64_t b);
extern Stencil continuation, exit_target;

__attribute__((preserve_none)) void GUARD(uint64_t *frame, int64_t a, int64_t b)
{
    if (__builtin_expect(a != b, 0)) __attribute__((musttail)) return exit_target(frame, a, b);
    __attribute__((musttail)) return continuation(frame, a, b);
}

// The exit stores what it leaves with: cold code inside the stencil.
__attribute__((preserve_none)) void ADD_CHECKED(uint64_t *frame, int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_expect(__builtin_add_overflow(a, b, &sum), 0)) {
        frame[1] = (uint64_t)a;
        frame[2] = (uint64_t)b;
        __attribute__((musttail)) return exit_target(frame, a, b);
    }
    __attribute__((musttail)) return continuation(frame, sum, b);
}
