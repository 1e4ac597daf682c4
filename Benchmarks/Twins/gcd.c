// Twin of Examples/gcd.uops.
//     gcd N
#include "twin.h"

int main(int count, char **arguments)
{
    int64_t n = argument(count, arguments, 1, 200);
    int64_t sum = 0;
    double start = microseconds();
    for (int64_t i = 1; i <= n; i++) {
        for (int64_t j = 1; j <= n; j++) {
            int64_t a = i, b = j;
            while (b != 0) {
                int64_t rest = a % b;
                a = b;
                b = rest;
            }
            sum += a;
        }
    }
    report(start);
    printf("sum = %" PRId64 "\n", sum);
    return 0;
}
