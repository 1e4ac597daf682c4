// Other systems' conventions on this one, and stencils alone.
#include "CRuntimeTestSupport.h"

#include <math.h>

static int64_t answer(void *context, const uint64_t *arguments, uint64_t *result)
{
    *result = arguments[0] * 3 + 1;
    return (int64_t)(uintptr_t)context;
}

static double halved(double value) { return value / 2 + 1; }

const void *test_halve(void) { return (const void *)halved; }

int64_t test_helper(void *context, const uint64_t *arguments, uint64_t *result) { return answer(context, arguments, result); }

#if defined(__x86_64__) && !defined(_WIN32)

#define MICROSOFT __attribute__((ms_abi))

// The caller has left 32 bytes above the return address, and the stack aligned: a function may count on both.
static int isAligned(uintptr_t frame) { return frame % 16 == 0; }

static MICROSOFT int64_t helper_of_microsoft(void *context, const uint64_t *arguments, uint64_t *result)
{
    uint64_t *home = (uint64_t *)__builtin_frame_address(0) + 2;
    for (int i = 0; i < 4; i++) home[i] = 0xDEADDEADDEADDEADu;
    if (!isAligned((uintptr_t)__builtin_frame_address(0))) return -77;
    return answer(context, arguments, result);
}

static MICROSOFT double fmod_of_microsoft(double left, double right)
{
    uint64_t *home = (uint64_t *)__builtin_frame_address(0) + 2;
    for (int i = 0; i < 4; i++) home[i] = 0xDEADDEADDEADDEADu;
    if (!isAligned((uintptr_t)__builtin_frame_address(0))) return -77;
    return fmod(left, right);
}

static MICROSOFT double halved_by_microsoft(double value)
{
    uint64_t *home = (uint64_t *)__builtin_frame_address(0) + 2;
    for (int i = 0; i < 4; i++) home[i] = 0xDEADDEADDEADDEADu;
    return isAligned((uintptr_t)__builtin_frame_address(0)) ? halved(value) : -77;
}

const void *test_microsoft_halve(void) { return (const void *)halved_by_microsoft; }
const void *test_microsoft_helper(void) { return (const void *)helper_of_microsoft; }
const void *test_microsoft_fmod(void) { return (const void *)fmod_of_microsoft; }

int32_t test_microsoft_enter(const void *enter, void *frame, const void *code)
{
    ((MICROSOFT void (*)(void *, const void *))enter)(frame, code);
    return 1;
}

// preserve_none passes r12, r13, r14 and xmm0 first. Where the code goes on, it comes back with 1 or 2 in eax.
__attribute__((naked)) int32_t test_run_golden(const void *code, uint64_t *registers)
{
    __asm__(
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "push %rsi\n"                        // 56 bytes and the return address: the call is aligned
        "mov %rdi, %rax\n"
        "mov (%rsi), %r12\n"
        "mov 8(%rsi), %r13\n"
        "mov 16(%rsi), %r14\n"
        "movsd 24(%rsi), %xmm0\n"
        "call *%rax\n"
        "pop %rsi\n"
        "mov %r12, (%rsi)\n"
        "mov %r13, 8(%rsi)\n"
        "mov %r14, 16(%rsi)\n"
        "movsd %xmm0, 24(%rsi)\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");
}

#else

const void *test_microsoft_helper(void) { return 0; }
const void *test_microsoft_fmod(void) { return 0; }
const void *test_microsoft_halve(void) { return 0; }
int32_t test_microsoft_enter(const void *enter, void *frame, const void *code) { return 0; }
int32_t test_run_golden(const void *code, uint64_t *registers) { return 0; }

#endif
