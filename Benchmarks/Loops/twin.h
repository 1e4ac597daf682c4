// What the C twins of the loops share. Each twin is one function, in a file of its own:
//
//     int64_t kernel(int64_t n, const struct memory *memory)
//
// A twin checks what its .uops file checks: sums and products must fit, indices must lie below their
// buffer's count, remainders must exist. Where a check fails, the kernel leaves. It reads the buffers'
// places once, at its beginning, so that the compiler can keep them in registers.
//
//     -DUNCHECKED        plain C, without any of the checks
//     -DPLACEMENT=32     the kernel begins so many bytes behind a multiple of 64; a multiple of 16
#ifndef TWIN_H
#define TWIN_H

// tcc, a rival in compiling, gets preprocessed text; everyone has these.
#include <stdint.h>

/// What a kernel gives where it left. No loop has it as its result.
#define LEFT INT64_MIN

#ifdef PLACEMENT
#define TWIN_TEXT(number) TWIN_TEXT_OF(number)
#define TWIN_TEXT_OF(number) #number
__asm__(".text\n.balign 64\n.skip " TWIN_TEXT(PLACEMENT) "\n");
#endif

struct buffer_i8 { uint8_t *base; uint64_t count; };
struct buffer_i64 { int64_t *base; uint64_t count; };
struct buffer_f64 { double *base; uint64_t count; };

#define SIZE(buffer) ((int64_t)(buffer).count)

#ifdef UNCHECKED
#define ADD(left, right) ((left) + (right))
#define SUB(left, right) ((left) - (right))
#define MUL(left, right) ((left) * (right))
#define REM(left, right) ((left) % (right))
#define AT(buffer, index) ((buffer).base[index])
#else
#define LEAVE_IF(condition) do { if (__builtin_expect(condition, 0)) return LEFT; } while (0)
#define TWIN_CHECKED(function, left, right) \
    ({ int64_t result_; LEAVE_IF(function(left, right, &result_)); result_; })
#define ADD(left, right) TWIN_CHECKED(__builtin_saddl_overflow, left, right)
#define SUB(left, right) TWIN_CHECKED(__builtin_ssubl_overflow, left, right)
#define MUL(left, right) TWIN_CHECKED(__builtin_smull_overflow, left, right)
#define REM(left, right) \
    ({ int64_t left_ = (left), right_ = (right); \
       LEAVE_IF(right_ == 0 || (left_ == INT64_MIN && right_ == -1)); left_ % right_; })
#define AT(buffer, index) \
    (*({ int64_t index_ = (index); LEAVE_IF((uint64_t)index_ >= (buffer).count); &(buffer).base[index_]; }))
#endif

/// The next number of the generator that fills buffers, 0 to 2^32 - 1.
#define NEXT_RANDOM(state) (ADD(MUL(state, 1664525), 1013904223) & 0xffffffff)

static inline int64_t wrapping_add(int64_t left, int64_t right) { return (int64_t)((uint64_t)left + (uint64_t)right); }
static inline int64_t shift_left(int64_t value, int count) { return (int64_t)((uint64_t)value << count); }
static inline int64_t rotate_left(int64_t value, int count)
{
    return (int64_t)((uint64_t)value << count | (uint64_t)value >> (64 - count));
}
static inline int64_t bits_of(double value)
{
    union { double value; int64_t bits; } both = {value};
    return both.bits;
}

#endif
