#include "twin.h"

struct memory;

int64_t kernel(int64_t n, const struct memory *memory)
{
    (void)memory;
    int64_t result = 0;
    for (int64_t row = 0; row < n; row = ADD(row, 1)) {
        double c_imaginary = ((double)row + 0.5) / (double)n * 2.5 - 1.25;
        for (int64_t column = 0; column < MUL(n, 3); column = ADD(column, 1)) {
            double c_real = ((double)column + 0.5) / (double)n * 1.09375 - 2.25;
            double real = 0, imaginary = 0;
            int64_t step = 0;
            while (step < 100 && real * real + imaginary * imaginary <= 4) {
                double next = real * real - imaginary * imaginary + c_real;
                imaginary = 2 * real * imaginary + c_imaginary;
                real = next;
                step = ADD(step, 1);
            }
            if (step == 100) result = ADD(result, 1);
        }
    }
    return result;
}
