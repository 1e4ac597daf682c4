#include "twin.h"

struct memory;

int64_t kernel(int64_t n, const struct memory *memory)
{
    (void)memory;
    int64_t state = 1, result = 0;
    for (int64_t i = 0; i < n; i = ADD(i, 1)) {
        state = NEXT_RANDOM(state);
        int64_t x = state;
        while (x != 0) {
            x = x & SUB(x, 1);
            result = ADD(result, 1);
        }
    }
    return result;
}
