// A caller that checks what its callee keeps: the C convention of System V on x86-64 (psABI 3.2.1).
#include "CRuntimeTestSupport.h"

#if defined(__x86_64__) && !defined(_WIN32)

// rbx, rbp, r12-r15 get numbers, and are compared when the callee is back; the direction flag, the SSE
// control word and the stack pointer, too. The stack is aligned at the call as the convention asks.
__attribute__((naked)) int32_t test_call_checked(const void *enter, void *frame, const void *code)
{
    __asm__(
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "sub $24, %rsp\n"                    // 56 bytes and the return address: the call is aligned
        "stmxcsr 8(%rsp)\n"
        "mov %rdi, %rax\n"
        "mov %rsi, %rdi\n"
        "mov %rdx, %rsi\n"
        "mov %rsp, (%rsp)\n"
        "movabs $0x1111111111111111, %rbx\n"
        "movabs $0x2222222222222222, %rbp\n"
        "movabs $0x3333333333333333, %r12\n"
        "movabs $0x4444444444444444, %r13\n"
        "movabs $0x5555555555555555, %r14\n"
        "movabs $0x6666666666666666, %r15\n"
        "call *%rax\n"
        "xor %eax, %eax\n"
        "movabs $0x1111111111111111, %rcx; cmp %rcx, %rbx; je 1f; or $1, %eax; 1:\n"
        "movabs $0x2222222222222222, %rcx; cmp %rcx, %rbp; je 1f; or $2, %eax; 1:\n"
        "movabs $0x3333333333333333, %rcx; cmp %rcx, %r12; je 1f; or $4, %eax; 1:\n"
        "movabs $0x4444444444444444, %rcx; cmp %rcx, %r13; je 1f; or $8, %eax; 1:\n"
        "movabs $0x5555555555555555, %rcx; cmp %rcx, %r14; je 1f; or $16, %eax; 1:\n"
        "movabs $0x6666666666666666, %rcx; cmp %rcx, %r15; je 1f; or $32, %eax; 1:\n"
        "cmp %rsp, (%rsp); je 1f; or $64, %eax; 1:\n"
        "stmxcsr 12(%rsp); mov 8(%rsp), %ecx; xor 12(%rsp), %ecx; test $0xffc0, %ecx; je 1f; or $128, %eax; 1:\n"
        "pushf; pop %rcx; test $0x400, %ecx; je 1f; or $256, %eax; 1:\n"
        "add $24, %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");
}

__attribute__((naked)) int64_t test_check_alignment(void *context, const uint64_t *arguments, uint64_t *result)
{
    // At a function's entry the stack pointer is 8 bytes off a multiple of 16.
    __asm__(
        "mov %rsp, %rax\n"
        "and $15, %eax\n"
        "xor $8, %eax\n"
        "setne %al\n"
        "movzbl %al, %eax\n"
        "ret\n");
}

#else

int32_t test_call_checked(const void *enter, void *frame, const void *code) { return -1; }
int64_t test_check_alignment(void *context, const uint64_t *arguments, uint64_t *result) { return 0; }

#endif
