// Bounds-checked access to the buffers that a trace declares. An index counts elements, and exits
// where it is not below the buffer's count; negative indices never are.
//
// The JIT takes each access apart, so that a check that was made, and an address that is known, serve again.
#include "UopDefine.h"

UOP(_MEM_CHECK, IN(I64 index), OUT(), OPERANDS(BUFFER_I64 buffer), FLAGS(PURE, EXITS, INTERNAL), "Exits unless the index is below the count.")
{
    if (RARELY((uint64_t)index >= UOP_BUFFER(buffer)->count)) EXIT();
}

UOP(_MEM_ADDRESS, IN(), OUT(I64 address), OPERANDS(BUFFER_I64 buffer), FLAGS(PURE, INTERNAL), "Where the buffer's elements are.")
{
    *address = (int64_t)(uintptr_t)UOP_BUFFER(buffer)->base;
}

#define ELEMENT(address, index, type) ((char *)(uintptr_t)(address) + (uint64_t)(index) * sizeof(type))

// The check, the address and the access, as one body: what the interpreter executes.
#define WHOLE(access, ...) \
    int64_t address; \
    uop_body__MEM_CHECK(frame, index, buffer, uop_control); \
    if (*uop_control == UOP_CONTROL_EXIT) return; \
    uop_body__MEM_ADDRESS(frame, &address, buffer, uop_control); \
    uop_body_##access(frame, address, index, __VA_ARGS__, buffer, uop_control);

#define LOADING(name, access, kind, type, class, documentation) \
    UOP(access, IN(I64 address, I64 index), OUT(class value), OPERANDS(kind buffer), FLAGS(INTERNAL, READS), documentation) \
    { \
        type element; \
        __builtin_memcpy(&element, ELEMENT(address, index, type), sizeof element); \
        *value = (UOP_TYPE_##class)element; \
    } \
    UOP(name, IN(I64 index), OUT(class value), OPERANDS(kind buffer), FLAGS(EXITS), documentation) \
    { \
        WHOLE(access, value) \
    } \
    UOP_SPLIT(name, _MEM_CHECK, _MEM_ADDRESS, access)
LOADING(_MEM_LOAD_I8_S, _MEM_READ_I8_S, BUFFER_I8, int8_t, I64, "An 8-bit element, sign-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I8_U, _MEM_READ_I8_U, BUFFER_I8, uint8_t, I64, "An 8-bit element, zero-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I16_S, _MEM_READ_I16_S, BUFFER_I16, int16_t, I64, "A 16-bit element, sign-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I16_U, _MEM_READ_I16_U, BUFFER_I16, uint16_t, I64, "A 16-bit element, zero-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I32_S, _MEM_READ_I32_S, BUFFER_I32, int32_t, I64, "A 32-bit element, sign-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I32_U, _MEM_READ_I32_U, BUFFER_I32, uint32_t, I64, "A 32-bit element, zero-extended; exits out of bounds.")
LOADING(_MEM_LOAD_I64, _MEM_READ_I64, BUFFER_I64, int64_t, I64, "A 64-bit element; exits out of bounds.")
LOADING(_MEM_LOAD_F64, _MEM_READ_F64, BUFFER_F64, double, F64, "A float64 element; exits out of bounds.")

#define STORING(name, access, kind, type, class, documentation) \
    UOP(access, IN(I64 address, I64 index, class value), OUT(), OPERANDS(kind buffer), FLAGS(INTERNAL, LITERAL, WRITES), documentation) \
    { \
        type element = (type)value; \
        __builtin_memcpy(ELEMENT(address, index, type), &element, sizeof element); \
    } \
    UOP(name, IN(I64 index, class value), OUT(), OPERANDS(kind buffer), FLAGS(EXITS), documentation) \
    { \
        WHOLE(access, value) \
    } \
    UOP_SPLIT(name, _MEM_CHECK, _MEM_ADDRESS, access)
STORING(_MEM_STORE_I8, _MEM_WRITE_I8, BUFFER_I8, uint8_t, I64, "Stores the low 8 bits; exits out of bounds.")
STORING(_MEM_STORE_I16, _MEM_WRITE_I16, BUFFER_I16, uint16_t, I64, "Stores the low 16 bits; exits out of bounds.")
STORING(_MEM_STORE_I32, _MEM_WRITE_I32, BUFFER_I32, uint32_t, I64, "Stores the low 32 bits; exits out of bounds.")
STORING(_MEM_STORE_I64, _MEM_WRITE_I64, BUFFER_I64, uint64_t, I64, "Stores 64 bits; exits out of bounds.")
STORING(_MEM_STORE_F64, _MEM_WRITE_F64, BUFFER_F64, double, F64, "Stores a float64; exits out of bounds.")

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
