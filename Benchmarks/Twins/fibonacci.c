// Twin of Examples/fibonacci.uops: both of its loops, with sums that must fit 50 bits.
//     fibonacci N
#include "twin.h"

struct range {
    int64_t next, step;
    uint64_t remaining;
};

// Kept apart, so that each loop is compiled on its own, as each is a trace of its own.
__attribute__((noinline)) static void loop(struct range *range, int64_t *last, int64_t *first, int64_t *second)
{
    // Shifted left, as objects are: overflow of the machine word is overflow of 50 bits.
    int64_t a = *first << 14, b = *second << 14, index = *last;
    while (range->remaining != 0) {
        range->remaining--;
        index = range->next;
        range->next += range->step;
        int64_t sum;
        if (__builtin_expect(__builtin_add_overflow(a, b, &sum), 0)) {
            a = 0;
            b = (int64_t)1 << 14;
        } else {
            a = b;
            b = sum;
        }
    }
    *last = index;
    *first = a >> 14;
    *second = b >> 14;
}

int main(int count, char **arguments)
{
    int64_t n = argument(count, arguments, 1, 30);
    struct range range = {0, 1, (uint64_t)n}, fast_range = {0, 1, (uint64_t)n};
    int64_t last = -1, a = 0, b = 1, fast_last = -1, fast_a = 0, fast_b = 1;
    double start = microseconds();
    loop(&range, &last, &a, &b);
    loop(&fast_range, &fast_last, &fast_a, &fast_b);
    report(start);
    printf("_ = %" PRId64 "\na = %" PRId64 "\nb = %" PRId64 "\nfast_a = %" PRId64 "\nfast_b = %" PRId64 "\n", last, a, b, fast_a, fast_b);
    return 0;
}
