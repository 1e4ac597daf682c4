#include "twin.h"

struct memory { struct buffer_i8 composite; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_i8 composite = memory->composite;
    int64_t result = 0;
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        for (int64_t i = 2; i < SIZE(composite); i = ADD(i, 1)) {
            if (AT(composite, i) == 0) {
                result = ADD(result, 1);
                for (int64_t multiple = MUL(i, i); multiple < SIZE(composite); multiple = ADD(multiple, i))
                    AT(composite, multiple) = 1;
            }
            AT(composite, i) = 0;
        }
    }
    return result;
}
