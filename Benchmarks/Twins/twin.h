// What all twins share: numbers from the command line, and a clock around the kernel.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t argument(int count, char **arguments, int index, int64_t otherwise)
{
    return index < count ? strtoll(arguments[index], NULL, 10) : otherwise;
}

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

// The line that Benchmarks/examples.sh reads, as `uopjit --time` writes it.
static void report(double start)
{
    fprintf(stderr, "run: %.1f us\n", microseconds() - start);
}
