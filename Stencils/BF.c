// The instructions of BF programs as the interpreter executes them: each asks first whether its cells are on the tape, in the
// order in which the program uses them, and leaves with the address of the first that is not in `frame->tapePosition`.
//
// The pointer is the only word on the stack.
#include "Cells.h"

#define REQUIRE(address) \
    do { \
        if (RARELY(!ON_TAPE(address))) { \
            frame->tapePosition = (uint64_t)(address); \
            EXIT(); \
        } \
    } while (0)
#define ADDRESS(distance) ((uint64_t)tape + (uint64_t)(distance))

// Two cells in one operand: that which is changed in the low half, the factor in the high one.
#define CHANGED(cells) ADDRESS((int32_t)(uint32_t)(cells))
#define FACTOR(cells) ADDRESS((int64_t)(cells) >> 32)

// Jumps back and searches ask themselves whether the run shall stop, as _POLL_INTERRUPT does: that is one instruction less.
#define POLL() do { if (RARELY(frame->floor > (int64_t)(uintptr_t)frame)) EXIT(); } while (0)

#define WHOLE(name, operands, flags, documentation) UOP(name, IN(I64 tape), OUT(), operands, flags, documentation)

#define CHANGING(bits) \
    WHOLE(_BF##bits##_ADD, OPERANDS(CELL cell, IMM_I64 amount), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), "Adds to the cell.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        CELL(bits) = (UopCell##bits)(CELL(bits) + (uint64_t)amount); \
    } \
    WHOLE(_BF##bits##_SET, OPERANDS(CELL cell, IMM_I64 amount), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), "Sets the cell.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        CELL(bits) = (UopCell##bits)amount; \
    } \
    WHOLE(_BF##bits##_SCALE, OPERANDS(CELL cell, IMM_I64 amount), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), \
        "Multiplies the cell.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        CELL(bits) = (UopCell##bits)((uint64_t)CELL(bits) * (uint64_t)amount); \
    }

#define MULTIPLYING(bits) \
    WHOLE(_BF##bits##_MULTIPLY, OPERANDS(IMM_I64 cells, IMM_I64 amount), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), \
        "Adds so many times a factor to a cell, and uses only the factor where that is 0.") \
    { \
        REQUIRE(FACTOR(cells)); \
        uint64_t factor = CELL_AT(bits, FACTOR(cells)); \
        if (RARELY(!ON_TAPE(CHANGED(cells)))) { \
            if (factor == 0) return; \
            REQUIRE(CHANGED(cells)); \
        } \
        CELL_AT(bits, CHANGED(cells)) = (UopCell##bits)(CELL_AT(bits, CHANGED(cells)) + factor * (uint64_t)amount); \
    } \
    WHOLE(_BF##bits##_TRANSFER, OPERANDS(IMM_I64 cells, IMM_I64 amount), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), \
        "The same; then the factor is set to 0.") \
    { \
        REQUIRE(FACTOR(cells)); \
        uint64_t factor = CELL_AT(bits, FACTOR(cells)); \
        if (RARELY(!ON_TAPE(CHANGED(cells)))) { \
            if (factor == 0) return; \
            REQUIRE(CHANGED(cells)); \
        } \
        CELL_AT(bits, CHANGED(cells)) = (UopCell##bits)(CELL_AT(bits, CHANGED(cells)) + factor * (uint64_t)amount); \
        CELL_AT(bits, FACTOR(cells)) = 0; \
    } \
    WHOLE(_BF##bits##_PRODUCT, OPERANDS(IMM_I64 cells, CELL cell), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), \
        "Adds the product of two cells to one, and uses that only where neither is 0.") \
    { \
        REQUIRE(FACTOR(cells)); \
        REQUIRE(ADDRESS(cell)); \
        uint64_t product = (uint64_t)CELL_AT(bits, FACTOR(cells)) * CELL(bits); \
        if (RARELY(!ON_TAPE(CHANGED(cells)))) { \
            if (CELL_AT(bits, FACTOR(cells)) == 0 || CELL(bits) == 0) return; \
            REQUIRE(CHANGED(cells)); \
        } \
        CELL_AT(bits, CHANGED(cells)) = (UopCell##bits)(CELL_AT(bits, CHANGED(cells)) + product); \
    }

#define DECIDING(bits) \
    WHOLE(_BF##bits##_JUMP_IF_ZERO, OPERANDS(CELL cell, LABEL target), FLAGS(INTERNAL, INTERPRETED, PEEKS, JUMPS, EXITS), \
        "Goes to the label where the cell is 0.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        if (CELL(bits) == 0) JUMP(); \
    } \
    WHOLE(_BF##bits##_JUMP_IF_NOT_ZERO, OPERANDS(CELL cell, LABEL target), FLAGS(INTERNAL, INTERPRETED, PEEKS, JUMPS, EXITS), \
        "Goes to the label where the cell is not 0; exits where it would and the run shall stop.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        if (CELL(bits) != 0) { \
            POLL(); \
            JUMP(); \
        } \
    } \
    UOP(_BF##bits##_MOVE_JUMP_IF_NOT_ZERO, IN(I64 tape), OUT(I64 moved), OPERANDS(CELL cell, LABEL target), \
        FLAGS(INTERNAL, INTERPRETED, JUMPS, EXITS), "Moves the pointer to the cell; goes to the label where that is not 0, or exits as the uop without a move.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        *moved = (int64_t)ADDRESS(cell); \
        if (CELL(bits) != 0) { \
            POLL(); \
            JUMP(); \
        } \
    }

#define SCANNING(name, bits, search) \
    UOP(name, IN(I64 tape), OUT(I64 found), OPERANDS(CELL stride, IMM_I64 plan), FLAGS(INTERNAL, INTERPRETED, EXITS), \
        "The first cell that is 0 from the pointer on, going by the stride.") \
    { \
        uintptr_t at = (uintptr_t)tape; \
        REQUIRE(at); \
        if (CELL_AT(bits, at) == 0) { \
            *found = tape; \
            return; \
        } \
        POLL(); \
        at = FURTHER(at); \
        search(bits, at, found); \
        for (;;) { \
            REQUIRE(at); \
            if (CELL_AT(bits, at) == 0) break; \
            at = FURTHER(at); \
        } \
        *found = (int64_t)at; \
    }

#define SPEAKING(bits) \
    WHOLE(_BF##bits##_READ, OPERANDS(CELL cell, HELPER input), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS, ESCAPES), \
        "Sets the cell to what the helper gives, unless that is negative.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        uint64_t arguments[] = {0}; \
        uint64_t byte = 0; \
        int64_t status = UOP_CALL_HOST(input, arguments, &byte); \
        frame->helperStatus = status; \
        if (RARELY(status != 0)) EXIT(); \
        if ((int64_t)byte >= 0) CELL(bits) = (UopCell##bits)byte; \
    } \
    WHOLE(_BF##bits##_WRITE, OPERANDS(CELL cell, HELPER output), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS, ESCAPES), \
        "Gives the cell to the helper.") \
    { \
        REQUIRE(ADDRESS(cell)); \
        uint64_t arguments[] = {CELL(bits)}; \
        uint64_t nothing = 0; \
        int64_t status = UOP_CALL_HOST(output, arguments, &nothing); \
        frame->helperStatus = status; \
        if (RARELY(status != 0)) EXIT(); \
    }

#define CELLS(bits) \
    CHANGING(bits) \
    MULTIPLYING(bits) \
    DECIDING(bits) \
    SCANNING(_BF##bits##_SCAN_UP, bits, SCAN_UP) \
    SCANNING(_BF##bits##_SCAN_DOWN, bits, SCAN_DOWN) \
    SPEAKING(bits)
CELLS(8)
CELLS(16)
CELLS(32)

WHOLE(_BF_TOUCH, OPERANDS(CELL cell), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS), "Uses the cell, and changes nothing.")
{
    REQUIRE(ADDRESS(cell));
}

UOP(_BF_MOVE, IN(I64 tape), OUT(I64 moved), OPERANDS(CELL cell), FLAGS(INTERNAL, INTERPRETED), "Moves the pointer to the cell.")
{
    *moved = (int64_t)ADDRESS(cell);
}

WHOLE(_BF_CALL, OPERANDS(IMM_I64 argument, HELPER helper), FLAGS(INTERNAL, INTERPRETED, PEEKS, EXITS, ESCAPES),
    "Calls a helper with the pointer and a number.")
{
    uint64_t arguments[] = {(uint64_t)tape, (uint64_t)argument};
    uint64_t nothing = 0;
    int64_t status = UOP_CALL_HOST(helper, arguments, &nothing);
    frame->helperStatus = status;
    if (RARELY(status != 0)) EXIT();
}
