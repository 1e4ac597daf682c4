// The page of the instruction set that stencils are compiled for: in which registers they hand values on, and how they
// come by their operands. Only code of the tables may assume any of it.
//
// A page defines
// - UOP_CONVENTION, the attributes of the calling convention: none where it is C's;
// - UOP_REGISTER_LIST, the registers in the order in which the convention passes arguments, behind the frame's;
//   UOP_PARAMETERS and UOP_ARGUMENTS, the same as C has them, and UOP_UNDEFINED, what arguments need that nobody reads;
//   UOP_FRAME_PARAMETERS and UOP_FRAME_ARGUMENTS, those of stencils with their values in the frame, and UOP_ENTER(code), a call of such; UOP_INTEGER(n) and UOP_FLOAT(n), a register as a variable;
// - UOP_OFFSET(i) and UOP_OFFSET_WIDE(i), an operand that is a frame offset, as a value: one that the shortest code
//   holds, and any of 31 bits. UOP_CELL and UOP_CELL_WIDE, one that is a displacement with a sign;
// - UOP_NARROW(i) and UOP_WIDE(i), an operand that is a value: one that the shortest code holds, and any of 64 bits.
//   UOP_NUMBER(i), one of 31 bits;
// - UOP_ADDRESS_OF(symbol), a helper's address;
// - UOP_MICROSOFT_CONVENTION, the attribute of functions in the convention of Microsoft's C, if that is another than the
//   one that is compiled for; UOP_ENTRY_ATTRIBUTE, what the function needs that hosts call, if anything;
// - UOP_PADDING_UNIT, the size of an instruction that does nothing, and UOP_PADDING_TEXT(size), the assembler's
//   text for some of them.
#ifndef UOP_REGISTERS_H
#define UOP_REGISTERS_H

#include "UopStencils.h"

#if defined(__x86_64__)
#include "isa/x86_64.h"
#elif defined(__aarch64__)
#include "isa/aarch64.h"
#elif defined(__i386__)
#include "isa/i686.h"
#elif defined(__riscv) && __riscv_xlen == 64
#include "isa/riscv64.h"
#elif defined(__powerpc64__)
#include "isa/powerpc64le.h"
#else
#error "There is no page for this instruction set: see CONTRIBUTING.md, Adding a target."
#endif

// Most pages need nothing there.
#ifndef UOP_FRAME_PARAMETERS
#define UOP_FRAME_PARAMETERS UopFrame *frame
#define UOP_FRAME_ARGUMENTS frame
#define UOP_FRAME_UNDEFINED (void)0
#define UOP_ENTER(code) code(frame)
#endif
#ifndef UOP_ENTRY_ATTRIBUTE
#define UOP_ENTRY_ATTRIBUTE
#endif
#ifndef UOP_UNDEFINED
#define UOP_UNDEFINED (void)0
#endif

#ifdef UOP_EMIT_METADATA
#define UOP_COUNT_(...) + 1
#define UOP_COUNT_NOTHING_(...)
#define UOP_INTEGER_NAME_(number, name) [number] = name,
#define UOP_FLOAT_NAME_(number, name) [UOP_INTEGER_REGISTER_COUNT + number] = name,
__attribute__((section("uop_registers"), used, aligned(4))) static const UopRegisterDefinition uop_register_file = {
    UOP_ABI_VERSION, 0 UOP_REGISTER_LIST(UOP_COUNT_, UOP_COUNT_NOTHING_), 0 UOP_REGISTER_LIST(UOP_COUNT_NOTHING_, UOP_COUNT_),
    {UOP_REGISTER_LIST(UOP_INTEGER_NAME_, UOP_FLOAT_NAME_)}};
#endif

#endif
