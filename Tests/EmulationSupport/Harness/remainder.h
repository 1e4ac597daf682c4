#pragma once

#include <stdint.h>

// Functions that stencils call by name are called as their instruction set's code does it everywhere.
#if defined(_WIN32) && defined(__x86_64__)
#define CALLEE __attribute__((sysv_abi))
#else
#define CALLEE
#endif

/// C's fmod, bit by bit: exact.
static CALLEE double remainder_of(double left, double right)
{
    uint64_t a, b;
    __builtin_memcpy(&a, &left, 8);
    __builtin_memcpy(&b, &right, 8);
    uint64_t sign = a & UINT64_C(1) << 63;
    a &= ~(UINT64_C(1) << 63), b &= ~(UINT64_C(1) << 63);
    const uint64_t infinity = UINT64_C(0x7FF) << 52;
    if (b == 0 || a >= infinity || b > infinity) return (left * right) / (left * right);
    if (a < b) return left;
    // Both with their highest bit at 52, whatever their exponents are then.
    int exponentA = (int)(a >> 52), exponentB = (int)(b >> 52);
    uint64_t x = a & ((UINT64_C(1) << 52) - 1), y = b & ((UINT64_C(1) << 52) - 1);
    if (exponentA) x |= UINT64_C(1) << 52; else exponentA = 1;
    if (exponentB) y |= UINT64_C(1) << 52; else exponentB = 1;
    while (!(x >> 52)) x <<= 1, --exponentA;
    while (!(y >> 52)) y <<= 1, --exponentB;
    for (int i = exponentA - exponentB; i >= 0; --i) {
        if (x >= y) x -= y;
        if (i > 0) x <<= 1;
    }
    uint64_t word = 0;
    if (x != 0) {
        int exponent = exponentB;
        while (!(x >> 52)) x <<= 1, --exponent;
        // Below the least exponent, bits go that are 0: the remainder is a multiple of the divisor's last one.
        word = exponent >= 1 ? (x & ((UINT64_C(1) << 52) - 1)) | (uint64_t)exponent << 52 : x >> (1 - exponent);
    }
    word |= sign;
    double value;
    __builtin_memcpy(&value, &word, 8);
    return value;
}
