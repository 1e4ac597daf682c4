// Bounds-checked access to the buffers that a trace declares. An index counts elements, and exits
// where it is not below the buffer's count; negative indices never are.
#include "UopDefine.h"

#define LOADING(name, kind, type, documentation) \
    UOP(name, IN(I64 index), OUT(I64 value), OPERANDS(kind buffer), FLAGS(EXITS), documentation) \
    { \
        const UopBuffer *descriptor = UOP_BUFFER(buffer); \
        if (RARELY((uint64_t)index >= descriptor->count)) EXIT(); \
        type element; \
        __builtin_memcpy(&element, (const char *)descriptor->base + (uint64_t)index * sizeof element, sizeof element); \
        *value = (int64_t)element; \
    }
LOADING(_MEM_LOAD_I8_S, BUFFER_I8, int8_t, "An 8-bit element, sign-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I8_U, BUFFER_I8, uint8_t, "An 8-bit element, zero-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I16_S, BUFFER_I16, int16_t, "A 16-bit element, sign-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I16_U, BUFFER_I16, uint16_t, "A 16-bit element, zero-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I32_S, BUFFER_I32, int32_t, "A 32-bit element, sign-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I32_U, BUFFER_I32, uint32_t, "A 32-bit element, zero-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I64, BUFFER_I64, int64_t, "A 64-bit element; exits out of bounds.")

#define STORING(name, kind, type, documentation) \
    UOP(name, IN(I64 index, I64 value), OUT(), OPERANDS(kind buffer), FLAGS(EXITS), documentation) \
    { \
        const UopBuffer *descriptor = UOP_BUFFER(buffer); \
        if (RARELY((uint64_t)index >= descriptor->count)) EXIT(); \
        type element = (type)value; \
        __builtin_memcpy((char *)descriptor->base + (uint64_t)index * sizeof element, &element, sizeof element); \
    }
STORING(_MEM_STORE_I8, BUFFER_I8, uint8_t, "Stores the low 8 bits; exits out of bounds.")
STORING(_MEM_STORE_I16, BUFFER_I16, uint16_t, "Stores the low 16 bits; exits out of bounds.")
STORING(_MEM_STORE_I32, BUFFER_I32, uint32_t, "Stores the low 32 bits; exits out of bounds.")
STORING(_MEM_STORE_I64, BUFFER_I64, uint64_t, "Stores 64 bits; exits out of bounds.")

UOP(_MEM_LOAD_F64, IN(I64 index), OUT(F64 value), OPERANDS(BUFFER_F64 buffer), FLAGS(EXITS),
    "A float64 element; exits out of bounds.")
{
    const UopBuffer *descriptor = UOP_BUFFER(buffer);
    if (RARELY((uint64_t)index >= descriptor->count)) EXIT();
    __builtin_memcpy(value, (const char *)descriptor->base + (uint64_t)index * 8, 8);
}

UOP(_MEM_STORE_F64, IN(I64 index, F64 value), OUT(), OPERANDS(BUFFER_F64 buffer), FLAGS(EXITS),
    "Stores a float64; exits out of bounds.")
{
    const UopBuffer *descriptor = UOP_BUFFER(buffer);
    if (RARELY((uint64_t)index >= descriptor->count)) EXIT();
    __builtin_memcpy((char *)descriptor->base + (uint64_t)index * 8, &value, 8);
}

#define SIZING(name, kind) \
    UOP(name, IN(), OUT(I64 count), OPERANDS(kind buffer), FLAGS(PURE), "The buffer's number of elements.") \
    { \
        *count = (int64_t)UOP_BUFFER(buffer)->count; \
    }
SIZING(_MEM_SIZE_I8, BUFFER_I8)
SIZING(_MEM_SIZE_I16, BUFFER_I16)
SIZING(_MEM_SIZE_I32, BUFFER_I32)
SIZING(_MEM_SIZE_I64, BUFFER_I64)
SIZING(_MEM_SIZE_F64, BUFFER_F64)
