// Twin of Examples/collatz.uops.
//     collatz N
#include "twin.h"

int main(int count, char **arguments)
{
    int64_t n = argument(count, arguments, 1, 10000);
    int64_t most = -1, best = 0;
    double begin = microseconds();
    for (int64_t start = 1; start < n; start++) {
        uint64_t x = (uint64_t)start;
        int64_t steps = 0;
        for (; x != 1; steps++) x = x & 1 ? 3 * x + 1 : (uint64_t)((int64_t)x >> 1);
        if (steps > most) {
            most = steps;
            best = start;
        }
    }
    report(begin);
    printf("most = %" PRId64 "\nbest = %" PRId64 "\n", most, best);
    return 0;
}
