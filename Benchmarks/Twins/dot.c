// Twin of Examples/dot.uops, without its bounds checks.
//     dot ROUNDS
#include "twin.h"

enum { size = 1000 };
static double x[size], y[size];

int main(int count, char **arguments)
{
    int64_t rounds = argument(count, arguments, 1, 10);
    double total = 0, sum = 0;
    double start = microseconds();
    for (int64_t i = 0; i < size; i++) {
        x[i] = (double)i * 0.125;
        y[i] = (double)i - 500;
    }
    for (; rounds > 0; rounds--) {
        sum = 0;
        for (int64_t i = 0; i < size; i++) sum += x[i] * y[i];
        total += sum;
        // Otherwise one round would do for all.
        __asm__ volatile("" ::: "memory");
    }
    report(start);
    printf("sum = %.1f\ntotal = %.1f\n", sum, total);
    return 0;
}
