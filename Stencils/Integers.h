// Products of 128 bits and quotients of 64, where the processor has no instructions for them: there clang would call
// functions of its own library, and stencils call nothing.
#ifndef INTEGERS_H
#define INTEGERS_H

#include "UopDefine.h"

#ifdef __SIZEOF_INT128__

static inline __attribute__((always_inline, unused)) uint64_t integer_multiply_high(uint64_t left, uint64_t right)
{
    return (uint64_t)(((unsigned __int128)left * right) >> 64);
}

static inline __attribute__((always_inline, unused)) int64_t integer_multiply_high_signed(int64_t left, int64_t right)
{
    return (int64_t)(((__int128)left * right) >> 64);
}

#define INTEGER_DIVIDE(left, right) ((left) / (right))
#define INTEGER_REMAINDER(left, right) ((left) % (right))
#define INTEGER_DIVIDE_SIGNED(left, right) ((left) / (right))
#define INTEGER_REMAINDER_SIGNED(left, right) ((left) % (right))

#else

static inline __attribute__((always_inline, unused)) uint64_t integer_multiply_high(uint64_t left, uint64_t right)
{
    uint64_t low = (uint64_t)(uint32_t)left * (uint32_t)right;
    uint64_t middle = (left >> 32) * (uint32_t)right + (low >> 32);
    uint64_t other = (uint64_t)(uint32_t)left * (right >> 32) + (uint32_t)middle;
    return (left >> 32) * (right >> 32) + (middle >> 32) + (other >> 32);
}

static inline __attribute__((always_inline, unused)) int64_t integer_multiply_high_signed(int64_t left, int64_t right)
{
    uint64_t high = integer_multiply_high((uint64_t)left, (uint64_t)right);
    if (left < 0) high -= (uint64_t)right;
    if (right < 0) high -= (uint64_t)left;
    return (int64_t)high;
}

/// One bit of the quotient after the other, from the first that can be set. The divisor is not 0.
static inline __attribute__((always_inline, unused)) uint64_t integer_divide(uint64_t left, uint64_t right, uint64_t *remainder)
{
    uint64_t quotient = 0;
    if (left >= right) {
        int shift = __builtin_clzll(right) - __builtin_clzll(left);
        right <<= shift;
        do {
            quotient <<= 1;
            if (left >= right) {
                left -= right;
                quotient |= 1;
            }
            right >>= 1;
        } while (--shift >= 0);
    }
    *remainder = left;
    return quotient;
}

#define INTEGER_DIVIDE(left, right) ({ uint64_t rest; integer_divide(left, right, &rest); })
#define INTEGER_REMAINDER(left, right) ({ uint64_t rest; integer_divide(left, right, &rest); rest; })
#define INTEGER_MAGNITUDE_(value) ((value) < 0 ? 0 - (uint64_t)(value) : (uint64_t)(value))
#define INTEGER_DIVIDE_SIGNED(left, right) \
    ({ \
        uint64_t quotient_ = INTEGER_DIVIDE(INTEGER_MAGNITUDE_(left), INTEGER_MAGNITUDE_(right)); \
        (int64_t)(((left) ^ (right)) < 0 ? 0 - quotient_ : quotient_); \
    })
#define INTEGER_REMAINDER_SIGNED(left, right) \
    ({ \
        uint64_t rest_ = INTEGER_REMAINDER(INTEGER_MAGNITUDE_(left), INTEGER_MAGNITUDE_(right)); \
        (int64_t)((left) < 0 ? 0 - rest_ : rest_); \
    })

#endif
#endif
