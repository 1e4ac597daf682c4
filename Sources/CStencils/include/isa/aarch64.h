// AArch64. x20 is the frame, x21 to x28 and x0 hold values; x18 is the system's, x16 and x17 are a linker's, and all others
// are clang's between stencils.
#define UOP_CONVENTION preserve_none,
#define UOP_REGISTER_LIST(INTEGER, FLOAT) \
    INTEGER(0, "x21") INTEGER(1, "x22") INTEGER(2, "x23") INTEGER(3, "x24") INTEGER(4, "x25") \
    INTEGER(5, "x26") INTEGER(6, "x27") INTEGER(7, "x28") INTEGER(8, "x0") \
    FLOAT(0, "d0") FLOAT(1, "d1") FLOAT(2, "d2") FLOAT(3, "d3") \
    FLOAT(4, "d4") FLOAT(5, "d5") FLOAT(6, "d6") FLOAT(7, "d7")
#define UOP_PARAMETERS \
    UopFrame *frame, uint64_t i0, uint64_t i1, uint64_t i2, uint64_t i3, uint64_t i4, uint64_t i5, uint64_t i6, \
        uint64_t i7, uint64_t i8, double f0, double f1, double f2, double f3, double f4, double f5, double f6, double f7
#define UOP_ARGUMENTS frame, i0, i1, i2, i3, i4, i5, i6, i7, i8, f0, f1, f2, f3, f4, f5, f6, f7
#define UOP_INTEGER(n) i##n
#define UOP_FLOAT(n) f##n
#define UOP_DECLARE_OPERAND(i)
#define UOP_DECLARE_HELPER(name)

// The address of a symbol would be a distance from the code (adrp): operands are moved by 16 bits at a time instead, as
// numbers.
#define UOP_MOVE_(text) ({ uint64_t moved; __asm__(text : "=r"(moved)); moved; })
#define UOP_MOVE64_(symbol) \
    UOP_MOVE_("movz %0, #:abs_g3:" #symbol "\n\tmovk %0, #:abs_g2_nc:" #symbol "\n\tmovk %0, #:abs_g1_nc:" #symbol \
              "\n\tmovk %0, #:abs_g0_nc:" #symbol)
#define UOP_MOVE32_(symbol) UOP_MOVE_("movz %0, #:abs_g1:" #symbol "\n\tmovk %0, #:abs_g0_nc:" #symbol)
#define UOP_MOVE16_(symbol) UOP_MOVE_("movz %0, #:abs_g0:" #symbol)

#define UOP_OFFSET(i) UOP_MOVE16_(UOP_OPERAND_32_##i)
#define UOP_OFFSET_WIDE(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_CELL(i) UOP_MOVE16_(UOP_OPERAND_32_##i)
#define UOP_CELL_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_NARROW(i) UOP_MOVE16_(UOP_OPERAND_32_##i)
#define UOP_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_NUMBER(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_ADDRESS_OF(symbol) UOP_MOVE64_(symbol)

#define UOP_PADDING_UNIT 4
#define UOP_PADDING_TEXT(size) ".rept " #size " / 4\n\tnop\n\t.endr"
