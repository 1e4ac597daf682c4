// x86 with 32 bits and SSE2. eax is the frame, and ecx, edx, edi, esi are clang's between stencils: a value of 64 bits would
// take two of them, so values that are integers lie in the frame, at places that instructions name as they would name
// registers. xmm6 and xmm7 are clang's, too.
#define UOP_CONVENTION regcall,
#define UOP_REGISTER_LIST(INTEGER, FLOAT) \
    INTEGER(0, "m0") INTEGER(1, "m1") INTEGER(2, "m2") INTEGER(3, "m3") INTEGER(4, "m4") INTEGER(5, "m5") INTEGER(6, "m6") \
    FLOAT(0, "xmm0") FLOAT(1, "xmm1") FLOAT(2, "xmm2") FLOAT(3, "xmm3") FLOAT(4, "xmm4") FLOAT(5, "xmm5")
// Registers that are not passed are the caller's: those that are clang's must be passed, too.
#define UOP_FRAME_PARAMETERS UopFrame *frame, uint32_t scratch, uint32_t scratch1, uint32_t scratch2, uint32_t scratch3
#define UOP_FRAME_ARGUMENTS frame, undefined, undefined, undefined, undefined
#define UOP_FRAME_UNDEFINED uint32_t undefined; (void)undefined, (void)scratch, (void)scratch1, (void)scratch2, (void)scratch3
#define UOP_UNDEFINED UOP_FRAME_UNDEFINED; double undefined6, undefined7; (void)undefined6, (void)undefined7, (void)scratch6, (void)scratch7
#define UOP_ENTER(code) code(frame, 0, 0, 0, 0)
#define UOP_PARAMETERS \
    UOP_FRAME_PARAMETERS, double f0, double f1, double f2, double f3, double f4, double f5, double scratch6, double scratch7
#define UOP_ARGUMENTS UOP_FRAME_ARGUMENTS, f0, f1, f2, f3, f4, f5, undefined6, undefined7
#define UOP_INTEGER(n) frame->registers[n]
#define UOP_FLOAT(n) f##n

// The address of a symbol has 32 bits; one of 64 has its upper half in a symbol of its own.
#define UOP_DECLARE_OPERAND(i) extern char UOP_OPERAND_32_##i[1], UOP_OPERAND_LOW_##i[1], UOP_OPERAND_HIGH_##i[1];
#define UOP_DECLARE_HELPER(name) extern char UOP_HELPER_##name[1];

#define UOP_OPAQUE32_(value) ({ uint32_t opaque = (uint32_t)(value); __asm__("" : "+r"(opaque)); opaque; })
#define UOP_OFFSET(i) ((uintptr_t)UOP_OPERAND_32_##i)
#define UOP_OFFSET_WIDE(i) UOP_OFFSET(i)
// An address is the sum of what has 64 bits: its upper half, with the sign, is not looked at.
#define UOP_CELL(i) ((uint64_t)(uintptr_t)UOP_OPERAND_32_##i)
#define UOP_CELL_WIDE(i) UOP_CELL(i)
#define UOP_NARROW(i) ((uint64_t)(int64_t)(int32_t)UOP_OPAQUE32_((uintptr_t)UOP_OPERAND_32_##i))
#define UOP_WIDE(i) \
    ((uint64_t)UOP_OPAQUE32_((uintptr_t)UOP_OPERAND_HIGH_##i) << 32 | UOP_OPAQUE32_((uintptr_t)UOP_OPERAND_LOW_##i))
#define UOP_NUMBER(i) UOP_OPAQUE32_((uintptr_t)UOP_OPERAND_32_##i)
#define UOP_ADDRESS_OF(symbol) UOP_OPAQUE32_((uintptr_t)symbol)

// Windows aligns the stack to 4 bytes only.
#define UOP_ENTRY_ATTRIBUTE __attribute__((force_align_arg_pointer))

#define UOP_PADDING_UNIT 1
#define UOP_PADDING_TEXT(size) ".nops " #size
