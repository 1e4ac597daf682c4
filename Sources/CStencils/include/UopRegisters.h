// The registers in which stencils hand values on, for each target: in the order in which clang's
// preserve_none passes arguments. Only code of the tables may assume it, because that order is not stable
// between versions of clang.
#ifndef UOP_REGISTERS_H
#define UOP_REGISTERS_H

#include "UopFrame.h"

#if defined(__x86_64__)
// r12 is the frame; rdx and rax stay free for divisions and products, rbx and r10 are never passed:
// these four are clang's between stencils. xmm0 to xmm7 are all that the convention passes.
#define UOP_REGISTER_LIST(INTEGER, FLOAT) \
    INTEGER(0, "r13") INTEGER(1, "r14") INTEGER(2, "r15") INTEGER(3, "rdi") INTEGER(4, "rsi") \
    INTEGER(5, "rcx") INTEGER(6, "r8") INTEGER(7, "r9") INTEGER(8, "r11") \
    FLOAT(0, "xmm0") FLOAT(1, "xmm1") FLOAT(2, "xmm2") FLOAT(3, "xmm3") \
    FLOAT(4, "xmm4") FLOAT(5, "xmm5") FLOAT(6, "xmm6") FLOAT(7, "xmm7")
#define UOP_PARAMETERS \
    UopFrame *frame, uint64_t i0, uint64_t i1, uint64_t i2, uint64_t i3, uint64_t i4, uint64_t scratch, uint64_t i5, \
        uint64_t i6, uint64_t i7, uint64_t i8, double f0, double f1, double f2, double f3, double f4, double f5, \
        double f6, double f7
#define UOP_ARGUMENTS \
    frame, i0, i1, i2, i3, i4, undefined, i5, i6, i7, i8, f0, f1, f2, f3, f4, f5, f6, f7
#else
#define UOP_REGISTER_LIST(INTEGER, FLOAT)
#endif

#endif
