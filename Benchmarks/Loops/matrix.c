#include "twin.h"

struct memory { struct buffer_f64 left, right, product; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_f64 left = memory->left, right = memory->right, product = memory->product;
    const int64_t size = 64;
    double total = 0;
    for (int64_t i = 0; i < SIZE(left); i = ADD(i, 1)) {
        AT(left, i) = (double)REM(i, 17);
        AT(right, i) = (double)REM(i, 13);
    }
    for (int64_t round = 0; round < n; round = ADD(round, 1)) {
        for (int64_t i = 0; i < size; i = ADD(i, 1)) {
            for (int64_t j = 0; j < size; j = ADD(j, 1)) {
                double sum = 0;
                for (int64_t k = 0; k < size; k = ADD(k, 1))
                    sum = sum + AT(left, ADD(MUL(i, size), k)) * AT(right, ADD(MUL(k, size), j));
                AT(product, ADD(MUL(i, size), j)) = sum;
            }
        }
        AT(left, REM(round, SIZE(left))) = (double)(round & 15);
        total = total + AT(product, REM(round, SIZE(product)));
    }
    return bits_of(total);
}
