#include "twin.h"

struct memory;

int64_t kernel(int64_t n, const struct memory *memory)
{
    (void)memory;
    int64_t first = (int64_t)0x9e3779b97f4a7c15, second = 0x6a09e667f3bcc909, result = 0;
    for (int64_t i = 0; i < n; i = ADD(i, 1)) {
        result = result ^ wrapping_add(first, second);
        int64_t mixed = second ^ first;
        first = rotate_left(first, 24) ^ mixed ^ shift_left(mixed, 16);
        second = rotate_left(mixed, 37);
    }
    return result;
}
