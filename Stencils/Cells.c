// What machine code does to cells of BF's tape. No uop here asks whether a cell is on the tape: see Cells.h.
#include "Cells.h"

#define LOADING(bits) \
    UOP(_CELL##bits##_LOAD, IN(I64 tape), OUT(I64 value), OPERANDS(CELL cell), FLAGS(INTERNAL, READS, FAULTS), \
        "The cell, zero-extended.") \
    { \
        *value = CELL(bits); \
    }

#define STORING(bits) \
    UOP(_CELL##bits##_STORE, IN(I64 tape, I64 value), OUT(), OPERANDS(CELL cell), FLAGS(INTERNAL, LITERAL, WRITES, FAULTS), \
        "Stores the low bits.") \
    { \
        CELL(bits) = (UopCell##bits)value; \
    }

#define ADDING(bits) \
    UOP(_CELL##bits##_ADD, IN(I64 tape, I64 amount), OUT(), OPERANDS(CELL cell), FLAGS(INTERNAL, LITERAL, WRITES, FAULTS), \
        "Adds to the cell.") \
    { \
        CELL(bits) = (UopCell##bits)(CELL(bits) + (uint64_t)amount); \
    } \
    UOP(_CELL##bits##_SUBTRACT, IN(I64 tape, I64 amount), OUT(), OPERANDS(CELL cell), FLAGS(INTERNAL, WRITES, FAULTS), \
        "Subtracts from the cell.") \
    { \
        CELL(bits) = (UopCell##bits)(CELL(bits) - (uint64_t)amount); \
    }

#define TAKING(bits) \
    UOP(_CELL##bits##_STORE_INPUT, IN(I64 tape, I64 byte), OUT(), OPERANDS(CELL cell), FLAGS(INTERNAL, WRITES, FAULTS), \
        "Stores the low bits of what is not negative.") \
    { \
        if (byte >= 0) CELL(bits) = (UopCell##bits)byte; \
    }

#define JUMPING(bits) \
    UOP(_CELL##bits##_JUMP_IF_ZERO, IN(I64 tape), OUT(), OPERANDS(CELL cell, LABEL target), FLAGS(INTERNAL, JUMPS, FAULTS), \
        "Goes to the label where the cell is 0.") \
    { \
        if (CELL(bits) == 0) JUMP(); \
    } \
    UOP(_CELL##bits##_JUMP_IF_NOT_ZERO, IN(I64 tape), OUT(), OPERANDS(CELL cell, LABEL target), \
        FLAGS(INTERNAL, JUMPS, FAULTS), "Goes to the label where the cell is not 0.") \
    { \
        if (CELL(bits) != 0) JUMP(); \
    } \
    UOP(_VALUE##bits##_JUMP_IF_ZERO, IN(I64 value), OUT(), OPERANDS(LABEL target), FLAGS(INTERNAL, JUMPS), \
        "Goes to the label where the low bits are 0.") \
    { \
        if ((UopCell##bits)value == 0) JUMP(); \
    } \
    UOP(_VALUE##bits##_JUMP_IF_NOT_ZERO, IN(I64 value), OUT(), OPERANDS(LABEL target), FLAGS(INTERNAL, JUMPS), \
        "Goes to the label where the low bits are not 0.") \
    { \
        if ((UopCell##bits)value != 0) JUMP(); \
    }

// Two cells are looked at before vectors are worth their beginning. Where the search comes close to an end of the tape it
// goes on cell by cell: the first access off the tape faults, and none before.
#define SCANNING(name, bits, search) \
    UOP(name, IN(I64 tape), OUT(I64 found), OPERANDS(CELL stride, IMM_I64 plan), FLAGS(INTERNAL, READS, FAULTS), \
        "The first cell that is 0 from the pointer on, going by the stride: a multiple of the cells' width.") \
    { \
        uintptr_t at = (uintptr_t)tape; \
        if (CELL_AT(bits, at) == 0) { \
            *found = (int64_t)at; \
            return; \
        } \
        at = FURTHER(at); \
        if (CELL_AT(bits, at) == 0) { \
            *found = (int64_t)at; \
            return; \
        } \
        at = FURTHER(at); \
        search(bits, at, found); \
        while (CELL_AT(bits, at) != 0) at = FURTHER(at); \
        *found = (int64_t)at; \
    }

// Of a wide stride, so few cells are in a vector that two of them at a time are found sooner one by one.
#define STRIDING(bits) \
    UOP(_CELL##bits##_SCAN_FAR, IN(I64 tape), OUT(I64 found), OPERANDS(CELL stride), FLAGS(INTERNAL, READS, FAULTS), \
        "The same, without vectors: for strides of which few cells are in one.") \
    { \
        uintptr_t at = (uintptr_t)tape; \
        for (;;) { \
            if (CELL_AT(bits, at) == 0) break; \
            at = FURTHER(at); \
            if (CELL_AT(bits, at) == 0) break; \
            at = FURTHER(at); \
        } \
        *found = (int64_t)at; \
    }

#define CELLS(bits) \
    LOADING(bits) \
    STORING(bits) \
    ADDING(bits) \
    TAKING(bits) \
    JUMPING(bits) \
    STRIDING(bits) \
    SCANNING(_CELL##bits##_SCAN_UP, bits, SCAN_UP) \
    SCANNING(_CELL##bits##_SCAN_DOWN, bits, SCAN_DOWN)
CELLS(8)
CELLS(16)
CELLS(32)
UOP_INVERSES(_CELL8_JUMP_IF_ZERO, _CELL8_JUMP_IF_NOT_ZERO)
UOP_INVERSES(_CELL16_JUMP_IF_ZERO, _CELL16_JUMP_IF_NOT_ZERO)
UOP_INVERSES(_CELL32_JUMP_IF_ZERO, _CELL32_JUMP_IF_NOT_ZERO)
UOP_INVERSES(_VALUE8_JUMP_IF_ZERO, _VALUE8_JUMP_IF_NOT_ZERO)
UOP_INVERSES(_VALUE16_JUMP_IF_ZERO, _VALUE16_JUMP_IF_NOT_ZERO)
UOP_INVERSES(_VALUE32_JUMP_IF_ZERO, _VALUE32_JUMP_IF_NOT_ZERO)

UOP(_CELL_CHECK, IN(I64 tape), OUT(), OPERANDS(CELL cell), FLAGS(INTERNAL, EXITS),
    "Exits where the cell is off the tape: for moves that lead over the pages behind its ends.")
{
    // The pointer must be in a register before the sum is made, and the comparison must know the sum only: else clang begins
    // with the cell, which it takes for an address above 0.
    __asm__("" : : "r"(tape));
    if (RARELY(!ON_TAPE(UOP_OPAQUE_((uint64_t)tape + (uint64_t)cell)))) EXIT();
}
