#include "twin.h"

struct memory { struct buffer_i64 data; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_i64 data = memory->data;
    int64_t state = 1, result = 0;
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        for (int64_t i = 0; i < SIZE(data); i = ADD(i, 1)) {
            state = NEXT_RANDOM(state);
            AT(data, i) = state >> 8;
        }
        for (int64_t i = 1; i < SIZE(data); i = ADD(i, 1)) {
            int64_t element = AT(data, i), hole = i;
            while (hole > 0 && AT(data, SUB(hole, 1)) > element) {
                AT(data, hole) = AT(data, SUB(hole, 1));
                hole = SUB(hole, 1);
            }
            AT(data, hole) = element;
        }
        result = ADD(result, AT(data, round & 63));
    }
    return result;
}
