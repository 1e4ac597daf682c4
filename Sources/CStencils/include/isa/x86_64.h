// x86-64. r12 is the frame; rdx and rax stay free for divisions and products, rbx and r10 are never passed: these four are
// clang's between stencils. xmm0 to xmm7 are all that the convention passes.
#define UOP_CONVENTION preserve_none,
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
// A word that nobody reads: it must cost no instruction.
#define UOP_UNDEFINED uint64_t undefined; (void)undefined, (void)scratch
#define UOP_INTEGER(n) i##n
#define UOP_FLOAT(n) f##n

// An operand of 32 bits is the address of a small array, one of 64 bits that of an array above
// -mlarge-data-threshold: with -mcmodel=medium clang then uses a 32-bit or a 64-bit relocation.
#define UOP_DECLARE_OPERAND(i) extern char UOP_OPERAND_32_##i[1], UOP_OPERAND_64_##i[1 << 20];
#define UOP_DECLARE_HELPER(name) extern char UOP_HELPER_##name[1 << 20];

// A frame offset: clang may fold it into an instruction's displacement, which is the purpose.
#define UOP_OFFSET(i) ((uintptr_t)UOP_OPERAND_32_##i)
#define UOP_OFFSET_WIDE(i) UOP_OFFSET(i)
#define UOP_CELL(i) UOP_OFFSET(i)
#define UOP_CELL_WIDE(i) UOP_OFFSET(i)

// A value: clang may assume nothing of it (that it is an address in [1, 2^31), say), so it passes
// through an empty asm, after which it is a register's content like any other.
#define UOP_NARROW(i) UOP_OPAQUE_((uintptr_t)UOP_OPERAND_32_##i)
#define UOP_WIDE(i) UOP_OPAQUE_((uintptr_t)UOP_OPERAND_64_##i)
#define UOP_NUMBER(i) UOP_NARROW(i)
#define UOP_ADDRESS_OF(symbol) UOP_OPAQUE_((uintptr_t)symbol)

#ifndef _WIN32
#define UOP_MICROSOFT_CONVENTION __attribute__((ms_abi))
#endif

#define UOP_PADDING_UNIT 1
#define UOP_PADDING_TEXT(size) ".nops " #size
