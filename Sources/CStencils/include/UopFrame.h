// The state that stencils, interpreter handlers and the host share. One frame serves one run.
//
// Freestanding: stencils for every target include this file, with or without a C library.
#ifndef UOP_FRAME_H
#define UOP_FRAME_H

#include <stdint.h>

/// The enumerator's name in Swift.
#define UOP_SWIFT_NAME(name) __attribute__((swift_name(name)))

/// A pointer that takes 8 bytes of the frame whatever its size: offsets are the same everywhere.
#define UOP_FRAME_WORD __attribute__((aligned(8)))

/// A host function that a trace calls. `arguments` holds as many words as the helper's signature
/// has parameters; a helper with a result writes it to `*result`. Returns 0, or a non-zero status
/// with which the calling uop leaves the trace (as if it had not been executed, except for what
/// the helper itself did).
typedef int64_t (*UopHelperFunction)(void *context, const uint64_t *arguments, uint64_t *result);

/// A helper in the frame: four words, addressed by byte offset.
typedef struct UopHelper {
    UOP_FRAME_WORD UopHelperFunction function;
    UOP_FRAME_WORD void *context;
    /// What machine code calls, and hands on as the context: the two words above where it calls functions as the system's
    /// C does. On Windows on x86-64 it does not: there it is the bridge `helperMicrosoft`, and the descriptor's own address.
    UOP_FRAME_WORD UopHelperFunction entry;
    UOP_FRAME_WORD void *entryContext;
} UopHelper;

/// A buffer in the frame: two words, addressed by byte offset. `count` is in elements, not bytes.
typedef struct UopBuffer {
    UOP_FRAME_WORD void *base;
    UOP_FRAME_WORD uint64_t count;
} UopBuffer;

/// The state of a range iterator. An object word names it by index, never by address, so that
/// no word of a trace is a pointer. Exhausted when `remaining` is 0.
typedef struct UopRangeIterator {
    int64_t next;
    int64_t step;
    uint64_t remaining;
} UopRangeIterator;

typedef struct UopFrame {
    /// How often control may still come to a back edge. Counted down only where fuel is limited.
    UOP_FRAME_WORD int64_t budget;
    /// A back edge is a way out when `budget` is not above it: 0, or INT64_MAX once somebody
    /// (a signal handler, another thread) wants the run to stop. Without a fuel limit it is compared with the frame's
    /// address, which lies between the two. Not volatile, which would keep compilers from comparing it in memory: a
    /// uop's code is a function of its own, and reads it each time it is executed.
    int64_t floor;
    /// JIT: where each exit leads, by exit number: to the return bridge, or into another trace.
    UOP_FRAME_WORD const void *const *exitTargets;
    /// The exit by which the last run left.
    UOP_FRAME_WORD uint64_t exitIndex;
    /// Interpreter: the stack pointer with which the last run left.
    UOP_FRAME_WORD uint64_t *stackPointer;
    /// The source position that _SET_IP stored last.
    UOP_FRAME_WORD int64_t instructionPointer;
    /// What the last helper returned.
    int64_t helperStatus;
    /// Range iterators by the index in their object word.
    UOP_FRAME_WORD UopRangeIterator *iterators;
    /// The tape: its bytes, and the pointer as an index that may lie off the tape (only an access off the tape is an
    /// error). For BF programs the pointer is a value, and this is the address of the first cell that was off the tape.
    UOP_FRAME_WORD uint8_t *tape;
    UOP_FRAME_WORD uint64_t tapeLength;
    uint64_t tapePosition;
    /// BF: between these two addresses a vector around a cell is on the tape, above and below it.
    uint64_t scanFirst;
    uint64_t scanLast;
    /// Counters of the profiling uop.
    UOP_FRAME_WORD uint64_t *counters;
    /// JIT: the registers as the last exit left them, the integer ones first.
    UOP_FRAME_WORD uint64_t registers[17];
    /// Locals, buffer and helper descriptors, then the operand stack: the host lays them out.
    uint64_t slots[];
} UopFrame;

#endif
