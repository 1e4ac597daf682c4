#include "twin.h"

struct memory { struct buffer_f64 coefficient; };

int64_t kernel(int64_t n, const struct memory *memory)
{
    struct buffer_f64 coefficient = memory->coefficient;
    int64_t state = 1;
    double sum = 0;
    for (int64_t k = 0; k < SIZE(coefficient); k = ADD(k, 1)) {
        state = NEXT_RANDOM(state);
        AT(coefficient, k) = (double)SUB(state >> 16, 32768) * 0.001;
    }
    for (int64_t place = 0; place < n; place = ADD(place, 1)) {
        double x = (double)(place & 0xfffff) * 9.5367431640625e-7;
        double value = AT(coefficient, 0);
        for (int64_t k = 1; k < SIZE(coefficient); k = ADD(k, 1)) value = value * x + AT(coefficient, k);
        sum = sum + value;
    }
    return bits_of(sum);
}
