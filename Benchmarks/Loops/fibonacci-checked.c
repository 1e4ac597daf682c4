#include "twin.h"

struct memory;

int64_t kernel(int64_t n, const struct memory *memory)
{
    (void)memory;
    int64_t first = 0, result = 0;
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        int64_t a = first, b = 1;
        for (int64_t i = 0; i < 75; i = ADD(i, 1)) {
            int64_t next = ADD(a, b);
            a = b;
            b = next;
        }
        first = b & 1;
        result = ADD(result, b & 1023);
    }
    return result;
}
