// Power, little endian, from POWER10 on: without its prefixed instructions code depends on a table of contents, and clang
// cannot jump from stencil to stencil. The convention is C's: r3 is the frame, the other argument registers hold values.
#define UOP_CONVENTION
#define UOP_REGISTER_LIST(INTEGER, FLOAT) \
    INTEGER(0, "r4") INTEGER(1, "r5") INTEGER(2, "r6") INTEGER(3, "r7") INTEGER(4, "r8") INTEGER(5, "r9") INTEGER(6, "r10") \
    FLOAT(0, "f1") FLOAT(1, "f2") FLOAT(2, "f3") FLOAT(3, "f4") \
    FLOAT(4, "f5") FLOAT(5, "f6") FLOAT(6, "f7") FLOAT(7, "f8")
#define UOP_PARAMETERS \
    UopFrame *frame, uint64_t i0, uint64_t i1, uint64_t i2, uint64_t i3, uint64_t i4, uint64_t i5, uint64_t i6, \
        double f0, double f1, double f2, double f3, double f4, double f5, double f6, double f7
#define UOP_ARGUMENTS frame, i0, i1, i2, i3, i4, i5, i6, f0, f1, f2, f3, f4, f5, f6, f7
#define UOP_INTEGER(n) i##n
#define UOP_FLOAT(n) f##n
#define UOP_DECLARE_OPERAND(i)
#define UOP_DECLARE_HELPER(name)

// A number of 16 bits is in the instruction; any other is read from data beside the code, as a global offset table would
// have it.
#define UOP_MOVE_(text) ({ uint64_t moved; __asm__(text : "=r"(moved)); moved; })
#define UOP_MOVE16_(symbol) UOP_MOVE_("li %0, " #symbol)
#define UOP_MOVE64_(symbol) UOP_MOVE_("pld %0, " #symbol "@got@pcrel(0), 1")

#define UOP_OFFSET(i) UOP_MOVE16_(UOP_OPERAND_32_##i)
#define UOP_OFFSET_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_CELL(i) UOP_MOVE16_(UOP_OPERAND_32_##i)
#define UOP_CELL_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_NARROW(i) UOP_MOVE16_(UOP_OPERAND_32_##i)
#define UOP_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_NUMBER(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_ADDRESS_OF(symbol) UOP_MOVE64_(symbol)

#define UOP_PADDING_UNIT 4
#define UOP_PADDING_TEXT(size) ".rept " #size " / 4\n\tnop\n\t.endr"
