// The magic symbols: names that no linker ever resolves. Each use of one in a stencil leaves a
// relocation, which stencilgen turns into a hole. Only stencils include this file.
#ifndef UOP_MAGIC_H
#define UOP_MAGIC_H

#include "UopDefine.h"
#include "UopRegisters.h"

// Which symbols stand for an operand, and how code comes by them, is on the instruction set's page.
UOP_DECLARE_OPERAND(0)
UOP_DECLARE_OPERAND(1)
UOP_DECLARE_OPERAND(2)
UOP_DECLARE_OPERAND(3)
UOP_DECLARE_OPERAND(4)
UOP_DECLARE_OPERAND(5)
UOP_DECLARE_OPERAND(6)
UOP_DECLARE_OPERAND(7)

// A literal in the place of an operand, for the twins that tests compare with.
#define UOP_LITERAL(value) UINT64_C(value)

static inline __attribute__((always_inline)) double UOP_DOUBLE(uint64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, 8);
    return value;
}

// All state is the frame, in the first register of the convention, which no stencil gives up.
// Swift's clang moves rare code of a function that is not noinline into a function of its own, which the
// stencil would have to call.
#define UOP_STENCIL __attribute__((UOP_CONVENTION noinline))
typedef __attribute__((UOP_CONVENTION)) void UopStencilFunction(UOP_FRAME_PARAMETERS);
extern UopStencilFunction UOP_CONTINUE, UOP_JUMP_TARGET, UOP_EXIT_TARGET;
#define UOP_FRAME_STENCIL(name) UOP_STENCIL void name(UOP_FRAME_PARAMETERS)
#define UOP_GO(target) __attribute__((musttail)) return target(UOP_FRAME_ARGUMENTS)

// With values in registers: every register of the convention is handed on, but those that hold values which a
// stencil makes, and those that are clang's to use between stencils.
typedef __attribute__((UOP_CONVENTION)) void UopRegisterFunction(UOP_PARAMETERS);
extern UopRegisterFunction UOP_CONTINUE_REGISTERS __asm__("UOP_CONTINUE"), UOP_JUMP_TARGET_REGISTERS __asm__("UOP_JUMP_TARGET"),
    UOP_EXIT_TARGET_REGISTERS __asm__("UOP_EXIT_TARGET");
#define UOP_REGISTER_STENCIL(name) UOP_STENCIL void name(UOP_PARAMETERS)
#define UOP_GO_REGISTERS(target) __attribute__((musttail)) return target(UOP_ARGUMENTS)
// Bodies are compiled for their metadata with the warning; what is undefined here is so by intention.
#pragma clang diagnostic ignored "-Wuninitialized"

// Where a body goes against its flags, and what an output is until it is written. stencilgen knows
// them for errors: what is never reached leaves no trace in the object.
extern UopStencilFunction UOP_EXIT_WITHOUT_FLAG, UOP_JUMP_WITHOUT_FLAG, UOP_CONTINUE_OF_TERMINATOR;
extern char UOP_UNWRITTEN_OUTPUT[1 << 20];
#define UOP_UNWRITTEN(variable) do { \
        uint64_t unwritten = (uintptr_t)UOP_UNWRITTEN_OUTPUT; \
        __builtin_memcpy(&(variable), &unwritten, 8); \
    } while (0)

#define UOP_LOAD(variable, offset) __builtin_memcpy(&(variable), (char *)frame + (offset), 8)
#define UOP_STORE(offset, variable) __builtin_memcpy((char *)frame + (offset), &(variable), 8)

// A bridge is written out in full: code that is no uop. UOP_BRIDGE_ENTER is uop_bridge_enter, ...
#define UOP_BRIDGE_FUNCTION(name) uop_bridge_##name

#endif
