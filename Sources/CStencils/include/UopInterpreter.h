// What the generated interpreter handlers are made of. A handler is a uop's body between loads from
// the operand stack and stores to it; the next handler's address is in the instruction stream.
#ifndef UOP_INTERPRETER_H
#define UOP_INTERPRETER_H

#define UOP_EMIT_HANDLERS
#include "UopDefine.h"

// Guaranteed tail calls make dispatch a jump, and preserve_none keeps a handler from saving
// registers. Where the compiler lacks either (or UOP_PLAIN_CONVENTION asks), a loop dispatches, or
// the platform's convention serves: only the speed differs.
#if !defined(UOP_PLAIN_CONVENTION) && defined(__has_attribute)
#if __has_attribute(preserve_none) && (defined(__x86_64__) || defined(__aarch64__))
#define UOP_HANDLER_CONVENTION __attribute__((preserve_none))
#endif
#if __has_attribute(musttail)
#define UOP_HAS_MUSTTAIL 1
#endif
#endif
#ifndef UOP_HANDLER_CONVENTION
#define UOP_HANDLER_CONVENTION
#endif

#ifdef UOP_HAS_MUSTTAIL
#define UOP_HANDLER_RESULT void
#define UOP_NEXT(next) \
    __attribute__((musttail)) return ((UopHandler *)(uintptr_t)*(next))(frame, stack, next)
#define UOP_HALT() return
#else
// The stack pointer travels in the frame; a null instruction ends the loop.
#define UOP_HANDLER_RESULT const uint64_t *
#define UOP_NEXT(next) do { frame->stackPointer = stack; return next; } while (0)
#define UOP_HALT() return 0
#endif

/// `stack` is the first free word, `code` the instruction.
typedef UOP_HANDLER_CONVENTION UOP_HANDLER_RESULT UopHandler(UopFrame *frame, uint64_t *stack, const uint64_t *code);

/// A word of the instruction that is the address of another.
#define UOP_DESTINATION(word) ((const uint64_t *)(uintptr_t)(word))

#define UOP_POPPED(variable, depth) __builtin_memcpy(&(variable), stack - (depth), 8)
#define UOP_PUSHED(place, variable) __builtin_memcpy(stack + (place), &(variable), 8)

static inline double UOP_DOUBLE_OPERAND(uint64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, 8);
    return value;
}

#endif
