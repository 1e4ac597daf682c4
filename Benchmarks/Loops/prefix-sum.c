#include "twin.h"

struct memory { struct buffer_i64 values, sums; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_i64 values = memory->values, sums = memory->sums;
    int64_t state = 1, sum = 0, result = 0;
    for (int64_t i = 0; i < SIZE(values); i = ADD(i, 1)) {
        state = NEXT_RANDOM(state);
        AT(values, i) = state >> 16;
    }
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        sum = sum & 1023;
        for (int64_t i = 0; i < SIZE(values); i = ADD(i, 1)) {
            sum = ADD(sum, AT(values, i));
            AT(sums, i) = sum;
        }
        result = ADD(result, AT(sums, REM(round, SIZE(sums))));
    }
    return result;
}
