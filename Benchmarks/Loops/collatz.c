#include "twin.h"

struct memory;

int64_t kernel(int64_t n, const struct memory *memory)
{
    (void)memory;
    int64_t result = 0;
    for (int64_t start = 1; start < n; start = ADD(start, 1)) {
        int64_t x = start, steps = 0;
        while (x != 1) {
            if (x & 1) x = ADD(MUL(3, x), 1);
            else x = x >> 1;
            steps = ADD(steps, 1);
        }
        result = ADD(result, steps);
    }
    return result;
}
