#include "twin.h"

struct memory;

int64_t kernel(int64_t n, const struct memory *memory)
{
    (void)memory;
    int64_t result = 0;
    for (int64_t i = 1; i <= n; i = ADD(i, 1)) {
        for (int64_t j = 1; j <= n; j = ADD(j, 1)) {
            int64_t a = i, b = j;
            while (b != 0) {
                int64_t rest = REM(a, b);
                a = b;
                b = rest;
            }
            result = ADD(result, a);
        }
    }
    return result;
}
