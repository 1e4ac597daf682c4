// Cells of BF's tape, for the uops of machine code (Cells.c) and those of the interpreter (BF.c).
//
// The pointer is an address, and a cell is named by its distance from it in bytes. Behind both ends of the tape are
// pages that cannot be accessed: machine code just uses a cell, and a fault says that it is off the tape. The
// interpreter asks first.
#ifndef CELLS_H
#define CELLS_H

#include "UopDefine.h"

// Cells are bytes of memory to the compiler, whatever their width.
typedef uint8_t UopCell8;
typedef uint16_t __attribute__((may_alias)) UopCell16;
typedef uint32_t __attribute__((may_alias)) UopCell32;

#define CELL_AT(bits, address) (*(UopCell##bits *)(uintptr_t)(address))
#define CELL(bits) CELL_AT(bits, (uint64_t)tape + (uint64_t)cell)

/// The address, and further by a stride. What follows from it knows the sum only: clang takes the stride for an address
/// above 0, and a register that it is put into would hold the wrong number where it is negative.
#if UINTPTR_MAX > UINT32_MAX
#define FURTHER(at) UOP_OPAQUE_((at) + (uint64_t)stride)
#else
// Addresses of 32 bits wrap, and the upper half is not worth a register.
#define FURTHER(at) ((at) + (uintptr_t)stride)
#endif

/// Whether the byte at an address is on the tape.
#define ON_TAPE(address) ((uint64_t)(address) - (uint64_t)(uintptr_t)frame->tape < frame->tapeLength)

// ---- Looking for a cell that is 0 ---------------------------------------------------------------

/// Bytes that a search looks at in one step. The host makes plans for as many (`TapeScan`).
enum { UOP_SCAN_BYTES = 32 };

#if defined(__x86_64__) && defined(__AVX2__)
typedef char UopVector8 __attribute__((vector_size(32)));
typedef short UopVector16 __attribute__((vector_size(32)));
typedef int UopVector32 __attribute__((vector_size(32)));
/// A bit for each byte of UOP_SCAN_BYTES: whether its cell is 0.
#define UOP_ZEROS(bits) \
    static inline __attribute__((always_inline, unused)) uint32_t uop_zeros_##bits(uint64_t address) \
    { \
        UopVector##bits cells; \
        __builtin_memcpy(&cells, (const void *)(uintptr_t)address, sizeof cells); \
        return (uint32_t)__builtin_ia32_pmovmskb256((UopVector8)(cells == 0)); \
    }
#elif defined(__x86_64__)
typedef char UopVector8 __attribute__((vector_size(16)));
typedef short UopVector16 __attribute__((vector_size(16)));
typedef int UopVector32 __attribute__((vector_size(16)));
#define UOP_ZEROS(bits) \
    static inline __attribute__((always_inline, unused)) uint32_t uop_zeros_##bits(uint64_t address) \
    { \
        UopVector##bits low, high; \
        __builtin_memcpy(&low, (const void *)(uintptr_t)address, sizeof low); \
        __builtin_memcpy(&high, (const void *)(uintptr_t)(address + sizeof low), sizeof high); \
        return (uint32_t)__builtin_ia32_pmovmskb128((UopVector8)(low == 0)) \
               | (uint32_t)__builtin_ia32_pmovmskb128((UopVector8)(high == 0)) << 16; \
    }
#endif

#ifdef UOP_ZEROS
UOP_ZEROS(8)
UOP_ZEROS(16)
UOP_ZEROS(32)

// A plan: which of the bytes are looked at, by bits; and above them, by how many bytes the search goes on.
#define SCAN_MASK(plan) ((uint32_t)(uint64_t)(plan))
// Taken out of the plan in each step: kept in a register of its own, it would be one too many.
#define SCAN_STEP(plan) ((uint64_t)((int64_t)UOP_OPAQUE_((uint64_t)(plan)) >> 32))

// Read anew in each step: there are no registers to keep it in.
#define SCAN_BOUND(name) (*(volatile uint64_t *)&frame->name)

/// Goes on from `at` while whole steps are on the tape, and returns if a cell is found; then `at` is where to go on cell by
/// cell.
#define SCAN_UP(bits, at, found) \
    uint32_t zeros = 0; \
    while (at <= SCAN_BOUND(scanLast) && (zeros = uop_zeros_##bits(at) & SCAN_MASK(plan)) == 0) at += SCAN_STEP(plan); \
    if (zeros != 0) { \
        *found = (int64_t)(at + (uint32_t)__builtin_ctz(zeros)); \
        return; \
    }

/// The same downwards: what is looked at ends with the cell at `at`.
#define SCAN_DOWN(bits, at, found) \
    uint32_t zeros = 0; \
    while (at >= SCAN_BOUND(scanFirst) \
           && (zeros = uop_zeros_##bits(at + bits / 8 - UOP_SCAN_BYTES) & SCAN_MASK(plan)) == 0) \
        at += SCAN_STEP(plan); \
    if (zeros != 0) { \
        *found = (int64_t)(at + bits / 8 - UOP_SCAN_BYTES + (31 - (uint32_t)__builtin_clz(zeros))); \
        return; \
    }

#else
// Elsewhere, or where there are too few registers for it, cells are looked at one by one.
#define SCAN_UP(bits, at, found) (void)plan
#define SCAN_DOWN(bits, at, found) (void)plan
#endif

#endif
