// How code comes by its operands where objects are Mach-O or COFF: instead of what the pages of x86-64 and AArch64 say, whose
// relocations and code models only ELF has. Stencils include this behind UopMagic.h.
//
// - Mach-O: the address of a symbol that is defined elsewhere is a load from the global offset table: a slot, data of
//   8 bytes with the operand.
// - COFF on AArch64: the address of a symbol that is imported is a load from the import table, which is the same.
// - COFF on x86-64: numbers in the code. One of 32 bits is zero-extended: a displacement that may be negative has 64.
#ifndef UOP_ISA_NATIVE_H
#define UOP_ISA_NATIVE_H

#undef UOP_OFFSET
#undef UOP_OFFSET_WIDE
#undef UOP_CELL
#undef UOP_CELL_WIDE
#undef UOP_NARROW
#undef UOP_WIDE
#undef UOP_NUMBER
#undef UOP_ADDRESS_OF
#undef UOP_DECLARE_HELPER

#if defined(_WIN32) && defined(__x86_64__)
#define UOP_DECLARE_HELPER(name)
#define UOP_MOVE_(text) ({ uint64_t moved; __asm__(text : "=r"(moved)); moved; })
#define UOP_MOVE32_(symbol) UOP_MOVE_("movl $" #symbol ", %k0")
#define UOP_MOVE64_(symbol) UOP_MOVE_("movabsq $" #symbol ", %0")
#define UOP_OFFSET(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_CELL(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_NARROW(i) UOP_MOVE32_(UOP_OPERAND_32_##i)
#define UOP_WIDE(i) UOP_MOVE64_(UOP_OPERAND_64_##i)
#define UOP_ADDRESS_OF(symbol) UOP_MOVE64_(symbol)
#else
#ifdef __aarch64__
#ifdef _WIN32
#define UOP_SLOT_SYMBOL_ extern __attribute__((dllimport)) char
#else
#define UOP_SLOT_SYMBOL_ extern char
#endif
#define UOP_DECLARE_HELPER(name) UOP_SLOT_SYMBOL_ UOP_HELPER_##name[1];
UOP_SLOT_SYMBOL_ UOP_OPERAND_64_0[1], UOP_OPERAND_64_1[1], UOP_OPERAND_64_2[1], UOP_OPERAND_64_3[1], UOP_OPERAND_64_4[1],
    UOP_OPERAND_64_5[1], UOP_OPERAND_64_6[1], UOP_OPERAND_64_7[1];
#else
#define UOP_DECLARE_HELPER(name) extern char UOP_HELPER_##name[1];
#endif
// clang may assume nothing of what it loads: see x86_64.h.
#define UOP_SLOT_(symbol) UOP_OPAQUE_((uintptr_t)symbol)
#define UOP_OFFSET(i) UOP_SLOT_(UOP_OPERAND_64_##i)
#define UOP_CELL(i) UOP_SLOT_(UOP_OPERAND_64_##i)
#define UOP_NARROW(i) UOP_SLOT_(UOP_OPERAND_64_##i)
#define UOP_WIDE(i) UOP_SLOT_(UOP_OPERAND_64_##i)
#define UOP_ADDRESS_OF(symbol) UOP_SLOT_(symbol)
#endif

#define UOP_OFFSET_WIDE(i) UOP_OFFSET(i)
#define UOP_CELL_WIDE(i) UOP_CELL(i)
#define UOP_NUMBER(i) UOP_NARROW(i)

#endif
