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

// The same in Microsoft's convention for x86-64: it keeps rdi, rsi and xmm6 to xmm15, too.
__attribute__((naked)) int32_t test_microsoft_call_checked(const void *enter, void *frame, const void *code)
{
    __asm__(
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "sub $56, %rsp\n"               // 32 bytes for the callee, two words of ours: the call is aligned
        "stmxcsr 40(%rsp)\n"
        "mov %rdi, %rax\n"
        "mov %rsi, %rcx\n"
        "mov %rsp, 32(%rsp)\n"
        "movabs $0x66666666, %r10; movq %r10, %xmm6; punpcklqdq %xmm6, %xmm6\n"
        "movabs $0x77777777, %r10; movq %r10, %xmm7; punpcklqdq %xmm7, %xmm7\n"
        "movabs $0x88888888, %r10; movq %r10, %xmm8; punpcklqdq %xmm8, %xmm8\n"
        "movabs $0x99999999, %r10; movq %r10, %xmm9; punpcklqdq %xmm9, %xmm9\n"
        "movabs $0xaaaaaaaa, %r10; movq %r10, %xmm10; punpcklqdq %xmm10, %xmm10\n"
        "movabs $0xbbbbbbbb, %r10; movq %r10, %xmm11; punpcklqdq %xmm11, %xmm11\n"
        "movabs $0xcccccccc, %r10; movq %r10, %xmm12; punpcklqdq %xmm12, %xmm12\n"
        "movabs $0xdddddddd, %r10; movq %r10, %xmm13; punpcklqdq %xmm13, %xmm13\n"
        "movabs $0xeeeeeeee, %r10; movq %r10, %xmm14; punpcklqdq %xmm14, %xmm14\n"
        "movabs $0xffffffff, %r10; movq %r10, %xmm15; punpcklqdq %xmm15, %xmm15\n"
        "movabs $0x1111111111111111, %rbx\n"
        "movabs $0x2222222222222222, %rbp\n"
        "movabs $0x3333333333333333, %r12\n"
        "movabs $0x4444444444444444, %r13\n"
        "movabs $0x5555555555555555, %r14\n"
        "movabs $0x6666666666666666, %r15\n"
        "movabs $0x7777777777777777, %rdi\n"
        "movabs $0x8888888888888888, %rsi\n"
        "call *%rax\n"
        "xor %eax, %eax\n"
        "movabs $0x1111111111111111, %rcx; cmp %rcx, %rbx; je 1f; or $1, %eax; 1:\n"
        "movabs $0x2222222222222222, %rcx; cmp %rcx, %rbp; je 1f; or $2, %eax; 1:\n"
        "movabs $0x3333333333333333, %rcx; cmp %rcx, %r12; je 1f; or $4, %eax; 1:\n"
        "movabs $0x4444444444444444, %rcx; cmp %rcx, %r13; je 1f; or $8, %eax; 1:\n"
        "movabs $0x5555555555555555, %rcx; cmp %rcx, %r14; je 1f; or $16, %eax; 1:\n"
        "movabs $0x6666666666666666, %rcx; cmp %rcx, %r15; je 1f; or $32, %eax; 1:\n"
        "movabs $0x7777777777777777, %rcx; cmp %rcx, %rdi; je 1f; or $64, %eax; 1:\n"
        "movabs $0x8888888888888888, %rcx; cmp %rcx, %rsi; je 1f; or $128, %eax; 1:\n"
        "cmp %rsp, 32(%rsp); je 1f; or $256, %eax; 1:\n"
        "stmxcsr 44(%rsp); mov 40(%rsp), %ecx; xor 44(%rsp), %ecx; test $0xffc0, %ecx; je 1f; or $512, %eax; 1:\n"
        "pushf; pop %rcx; test $0x400, %ecx; je 1f; or $1024, %eax; 1:\n"
        "movabs $0x66666666, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm6, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $2048, %eax; 1:\n"
        "movabs $0x77777777, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm7, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $4096, %eax; 1:\n"
        "movabs $0x88888888, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm8, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $8192, %eax; 1:\n"
        "movabs $0x99999999, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm9, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $16384, %eax; 1:\n"
        "movabs $0xaaaaaaaa, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm10, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $32768, %eax; 1:\n"
        "movabs $0xbbbbbbbb, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm11, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $65536, %eax; 1:\n"
        "movabs $0xcccccccc, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm12, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $131072, %eax; 1:\n"
        "movabs $0xdddddddd, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm13, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $262144, %eax; 1:\n"
        "movabs $0xeeeeeeee, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm14, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $524288, %eax; 1:\n"
        "movabs $0xffffffff, %r10; movq %r10, %xmm0; punpcklqdq %xmm0, %xmm0\n"
        "pcmpeqb %xmm15, %xmm0; pmovmskb %xmm0, %ecx; cmp $0xffff, %ecx; je 1f; or $1048576, %eax; 1:\n"
        "add $56, %rsp\n"
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
int32_t test_microsoft_call_checked(const void *enter, void *frame, const void *code) { return -1; }
int64_t test_check_alignment(void *context, const uint64_t *arguments, uint64_t *result) { return 0; }

#endif
