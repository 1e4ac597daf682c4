// BF's tape: one pointer, 8-bit cells that wrap. The pointer may stand off the tape; an access
// there exits. Positions are unsigned, so that left of the tape is far to its right.
#include "UopDefine.h"

#define OFF_TAPE() RARELY(frame->tapePosition >= frame->tapeLength)
#define CELL frame->tape[frame->tapePosition]

UOP(_TAPE_MOVE, IN(), OUT(), OPERANDS(IMM_I64 cells), FLAGS(TAPE), "Moves the pointer right, or left for negative operands.")
{
    frame->tapePosition += (uint64_t)cells;
}

UOP(_TAPE_ADD, IN(), OUT(), OPERANDS(IMM_I64 amount), FLAGS(TAPE, EXITS), "Adds to the cell; exits off the tape.")
{
    if (OFF_TAPE()) EXIT();
    CELL = (uint8_t)(CELL + (uint8_t)amount);
}

UOP(_TAPE_SET, IN(), OUT(), OPERANDS(IMM_I64 value), FLAGS(TAPE, EXITS), "Sets the cell to the operand's low 8 bits; exits off the tape.")
{
    if (OFF_TAPE()) EXIT();
    CELL = (uint8_t)value;
}

UOP(_TAPE_READ, IN(), OUT(), OPERANDS(HELPER input), FLAGS(TAPE, EXITS, ESCAPES),
    "Sets the cell to the byte that the helper gives; leaves it where that is negative. Exits off the tape.")
{
    if (OFF_TAPE()) EXIT();
    uint64_t arguments[] = {0};
    uint64_t byte = 0;
    int64_t status = UOP_CALL_HOST(input, arguments, &byte);
    frame->helperStatus = status;
    if (RARELY(status != 0)) EXIT();
    if ((int64_t)byte >= 0) CELL = (uint8_t)byte;
}

UOP(_TAPE_WRITE, IN(), OUT(), OPERANDS(HELPER output), FLAGS(TAPE, EXITS, ESCAPES),
    "Gives the cell to the helper. Exits off the tape.")
{
    if (OFF_TAPE()) EXIT();
    uint64_t arguments[] = {CELL};
    uint64_t nothing = 0;
    int64_t status = UOP_CALL_HOST(output, arguments, &nothing);
    frame->helperStatus = status;
    if (RARELY(status != 0)) EXIT();
}

UOP(_TAPE_JUMP_IF_ZERO, IN(), OUT(), OPERANDS(LABEL target), FLAGS(TAPE, EXITS, JUMPS), "Goes to the label where the cell is 0. Exits off the tape.")
{
    if (OFF_TAPE()) EXIT();
    if (CELL == 0) JUMP();
}

UOP(_TAPE_JUMP_IF_NOT_ZERO, IN(), OUT(), OPERANDS(LABEL target), FLAGS(TAPE, EXITS, JUMPS), "Goes to the label where the cell is not 0. Exits off the tape.")
{
    if (OFF_TAPE()) EXIT();
    if (CELL != 0) JUMP();
}
UOP_INVERSES(_TAPE_JUMP_IF_ZERO, _TAPE_JUMP_IF_NOT_ZERO)
