#include "twin.h"

struct memory { struct buffer_i8 text; struct buffer_i64 count; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_i8 text = memory->text;
    struct buffer_i64 count = memory->count;
    int64_t state = 1, result = 0;
    for (int64_t i = 0; i < SIZE(text); i = ADD(i, 1)) {
        state = NEXT_RANDOM(state);
        AT(text, i) = (uint8_t)(state >> 24);
    }
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        for (int64_t i = 0; i < SIZE(text); i = ADD(i, 1))
            AT(count, AT(text, i)) = ADD(AT(count, AT(text, i)), 1);
    }
    for (int64_t i = 0; i < SIZE(count); i = ADD(i, 1)) result = ADD(result, MUL(i, AT(count, i)));
    return result;
}
