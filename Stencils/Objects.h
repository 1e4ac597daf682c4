// Words of class `object`. Sources/VM/Program/ObjectWord.swift describes the encoding; a test
// compares the two.
#ifndef OBJECTS_H
#define OBJECTS_H

#include "UopDefine.h"

#define OBJECT_INT_TAG UINT64_C(0xFFFC000000000000)
#define OBJECT_RANGE_TAG UINT64_C(0xFFF9000000000000)
#define OBJECT_NONE UINT64_C(0xFFF8000000000000)
#define OBJECT_FALSE UINT64_C(0xFFF8000000000002)
#define OBJECT_TRUE UINT64_C(0xFFF8000000000003)
#define OBJECT_NAN UINT64_C(0x7FF8000000000000)

enum { OBJECT_INT_BITS = 50, OBJECT_INT_SHIFT = 64 - OBJECT_INT_BITS };

static inline int object_is_int(uint64_t word) { return word >= OBJECT_INT_TAG; }
static inline int object_is_float(uint64_t word) { return word < OBJECT_NONE; }
static inline int object_is_bool(uint64_t word) { return (word | 1) == OBJECT_TRUE; }
static inline int object_is_range(uint64_t word) { return word >> 48 == OBJECT_RANGE_TAG >> 48; }

/// The integer in the upper 50 bits, so that the processor's overflow is ours.
static inline int64_t object_int_shifted(uint64_t word) { return (int64_t)(word << OBJECT_INT_SHIFT); }
static inline int64_t object_int(uint64_t word) { return object_int_shifted(word) >> OBJECT_INT_SHIFT; }
static inline uint64_t object_from_shifted(int64_t shifted)
{
    return ((uint64_t)shifted >> OBJECT_INT_SHIFT) | OBJECT_INT_TAG;
}
static inline int object_int_fits(int64_t value)
{
    return value >= -(INT64_C(1) << (OBJECT_INT_BITS - 1)) && value < INT64_C(1) << (OBJECT_INT_BITS - 1);
}
static inline uint64_t object_from_int(int64_t value) { return (uint64_t)value | OBJECT_INT_TAG; }

static inline double object_float(uint64_t word)
{
    double value;
    __builtin_memcpy(&value, &word, 8);
    return value;
}
static inline uint64_t object_from_float(double value)
{
    // A NaN's payload could be any other object's word.
    uint64_t word;
    __builtin_memcpy(&word, &value, 8);
    return value == value ? word : OBJECT_NAN;
}
static inline uint64_t object_from_bool(int truth) { return OBJECT_FALSE | (uint64_t)(truth != 0); }

#endif
