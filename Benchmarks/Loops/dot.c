#include "twin.h"

struct memory { struct buffer_f64 x, y; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_f64 x = memory->x, y = memory->y;
    int64_t state = 1;
    double sum = 0, total = 0;
    for (int64_t i = 0; i < SIZE(x); i = ADD(i, 1)) {
        state = NEXT_RANDOM(state);
        AT(x, i) = (double)(state >> 16) * 0.001;
        state = NEXT_RANDOM(state);
        AT(y, i) = (double)SUB(state >> 16, 32768) * 0.001;
    }
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        sum = sum * 0.5;
        for (int64_t i = 0; i < SIZE(x); i = ADD(i, 1)) sum = sum + AT(x, i) * AT(y, i);
        total = total + sum;
    }
    return bits_of(total);
}
