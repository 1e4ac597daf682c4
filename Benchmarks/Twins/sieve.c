// Twin of Examples/sieve.uops, without its bounds checks.
//     sieve ROUNDS
#include "twin.h"

enum { size = 100000 };
static uint8_t composite[size];

int main(int count, char **arguments)
{
    int64_t rounds = argument(count, arguments, 1, 1);
    int64_t primes = 0;
    double start = microseconds();
    for (; rounds > 0; rounds--) {
        for (int64_t i = 0; i < size; i++) {
            composite[i] = 0;
            // The uops clear byte by byte; a call of memset would be other work.
            __asm__ volatile("" ::: "memory");
        }
        primes = 0;
        for (int64_t i = 2; i < size; i++) {
            if (composite[i]) continue;
            primes++;
            for (int64_t multiple = i * i; multiple < size; multiple += i) composite[multiple] = 1;
        }
    }
    report(start);
    printf("primes = %" PRId64 "\n", primes);
    return 0;
}
