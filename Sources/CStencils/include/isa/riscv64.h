// RISC-V with 64 bits, its standard extensions M, A, F, D, and no compressed instructions. The convention is C's: a0 is the
// frame, the other argument registers hold values, and the temporaries are clang's between stencils.
#define UOP_CONVENTION
#define UOP_REGISTER_LIST(INTEGER, FLOAT) \
    INTEGER(0, "a1") INTEGER(1, "a2") INTEGER(2, "a3") INTEGER(3, "a4") INTEGER(4, "a5") INTEGER(5, "a6") INTEGER(6, "a7") \
    FLOAT(0, "fa0") FLOAT(1, "fa1") FLOAT(2, "fa2") FLOAT(3, "fa3") \
    FLOAT(4, "fa4") FLOAT(5, "fa5") FLOAT(6, "fa6") FLOAT(7, "fa7")
#define UOP_PARAMETERS \
    UopFrame *frame, uint64_t i0, uint64_t i1, uint64_t i2, uint64_t i3, uint64_t i4, uint64_t i5, uint64_t i6, \
        double f0, double f1, double f2, double f3, double f4, double f5, double f6, double f7
#define UOP_ARGUMENTS frame, i0, i1, i2, i3, i4, i5, i6, f0, f1, f2, f3, f4, f5, f6, f7
#define UOP_INTEGER(n) i##n
#define UOP_FLOAT(n) f##n
#define UOP_DECLARE_OPERAND(i)
#define UOP_DECLARE_HELPER(name)

// Numbers of 32 bits are moved by their upper 20 bits and their lower 12. (The sum is one of 64 bits: what lies a little below
// the least number of 32 bits is in reach of the pair, and of its holes.) Those of 64 bits are read from data beside the
// code, as a global offset table would have them.
#define UOP_MOVE_(text) ({ uint64_t moved; __asm__(text : "=r"(moved)); moved; })
#define UOP_MOVE32_(symbol) UOP_MOVE_("lui %0, %%hi(" #symbol ")\n\taddi %0, %0, %%lo(" #symbol ")")
#define UOP_MOVE64_(symbol) \
    UOP_MOVE_("1: auipc %0, %%got_pcrel_hi(" #symbol ")\n\tld %0, %%pcrel_lo(1b)(%0)")

#define UOP_OFFSET(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_OFFSET_WIDE(i) UOP_OFFSET(i)
#define UOP_CELL(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_CELL_WIDE(i) UOP_CELL(i)
#define UOP_NARROW(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_NUMBER(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_ADDRESS_OF(symbol) UOP_MOVE64_(symbol)

#define UOP_PADDING_UNIT 4
#define UOP_PADDING_TEXT(size) ".rept " #size " / 4\n\tnop\n\t.endr"
