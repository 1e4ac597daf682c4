// How a uop is defined. A folder of C files with UOP(...) definitions is a stencil set:
//
//     #include "UopDefine.h"
//
//     UOP(_I64_ADD_CHECKED, IN(I64 left, I64 right), OUT(I64 sum), OPERANDS(), FLAGS(PURE, EXITS),
//         "The sum; leaves the trace where it does not fit.")
//     {
//         if (__builtin_add_overflow(left, right, sum)) EXIT();
//     }
//
// In the body, inputs and operands are values, outputs are pointers (`*sum = ...`), `frame` is the
// UopFrame. EXIT() leaves the trace: it must come before any effect, because the uop then counts as
// not executed. JUMP() goes to the uop's label. Returning goes on with the next uop, and every output
// must have been written. Classes, operand kinds and flags are the lists in UopStencils.h.
//
// One definition, several views:
// - the body is an inline function, which stencilgen wraps once for the JIT and once for the
//   interpreter (`stencilgen --show UOP` prints the wrappers);
// - where UOP_EMIT_METADATA is defined, each definition also emits a UopDefinition into the section
//   "uop_metadata", which stencilgen reads from the object file.
//
// Bodies are plain C without undefined behaviour (wrap through unsigned types; copy bytes with
// __builtin_memcpy), touch no writable or thread-local data, index neither tables nor strings, and
// call nothing but helpers that the set declares with UOP_HELPER. No parameter is called frame, stack,
// code or control. stencilgen refuses what breaks these rules, and says where.
#ifndef UOP_DEFINE_H
#define UOP_DEFINE_H

#include "UopStencils.h"

// a * b + c in one body must not become a fused operation on one target and none on another.
#pragma STDC FP_CONTRACT OFF

#define UOP(name, in, out, operands, flags, documentation) \
    UOP_METADATA_(name, (UOP_LIST_##in), (UOP_LIST_##out), (UOP_LIST_##operands), (UOP_LIST_##flags), documentation) \
    static inline __attribute__((always_inline, unused)) void uop_body_##name( \
        UopFrame *frame UOP_EACH_(UOP_IN_, UOP_LIST_##in) UOP_EACH_(UOP_OUT_, UOP_LIST_##out) \
        UOP_EACH_(UOP_OPERAND_, UOP_LIST_##operands), int *uop_control)

#define EXIT() do { *uop_control = UOP_CONTROL_EXIT; return; } while (0)
#define JUMP() do { *uop_control = UOP_CONTROL_JUMP; return; } while (0)
enum { UOP_CONTROL_NEXT, UOP_CONTROL_EXIT, UOP_CONTROL_JUMP };

/// A condition that is rarely true: its side goes out of line.
#define RARELY(condition) __builtin_expect(!!(condition), 0)

/// The word of the frame at a byte offset: what a local's operand means.
#define UOP_SLOT(offset) ((uint64_t *)(void *)((char *)frame + (offset)))
/// The descriptor that a buffer's or a helper's operand means.
#define UOP_BUFFER(offset) ((const UopBuffer *)(void *)((char *)frame + (offset)))
#define UOP_HOST_HELPER(offset) ((const UopHelper *)(void *)((char *)frame + (offset)))
/// Calls the host's function that a helper's operand means with words, and a place for its result; returns its status.
#ifdef UOP_EMIT_STENCILS
#define UOP_CALL_HOST(offset, arguments, result) \
    UOP_HOST_HELPER(offset)->entry(UOP_HOST_HELPER(offset)->entryContext, arguments, result)
#else
#define UOP_CALL_HOST(offset, arguments, result) \
    UOP_HOST_HELPER(offset)->function(UOP_HOST_HELPER(offset)->context, arguments, result)
#endif

/// What an exit gives an input again whose register the output has taken, from the output and the other input
/// (0 where there is none): for the flags RECOVERS_FIRST and RECOVERS_SECOND.
#define UOP_RECOVERS_FIRST(name, second, output, expression) UOP_RECOVERS_(0, name, second, output, expression)
#define UOP_RECOVERS_SECOND(name, first, output, expression) UOP_RECOVERS_(1, name, first, output, expression)
#define UOP_RECOVERS_(number, name, other, output, expression) \
    static inline __attribute__((always_inline, unused)) uint64_t uop_recover_##number##_##name(uint64_t other, uint64_t output) \
    { \
        return expression; \
    }

/// Two uops that follow each other so often that they are worth code of their own.
#define UOP_FUSE(first, second) UOP_FUSION_METADATA_(first, second)

/// Two uops with the same operands, of which always exactly one jumps.
#define UOP_INVERSES(first, second) UOP_INVERSE_METADATA_(first, second)

/// A uop that the JIT takes apart, so that checks and addresses can be shared: see UopSplitDefinition.
#define UOP_SPLIT(uop, check, address, access) UOP_SPLIT_METADATA_(uop, check, address, access)

/// Declares a function of the C library (or of the program that links the set) that bodies may
/// call as UOP_CALL(name)(arguments). A stencil reaches it by a 64-bit hole, wherever it lies. `parameters` are up to six
/// types, each of which a name could follow: (double, const char *). () is none.
#ifdef UOP_EMIT_STENCILS
#define UOP_HELPER(result, name, parameters) \
    typedef result uop_type_##name(UOP_PARAMETERS_ parameters); \
    UOP_DECLARE_HELPER(name)
#define UOP_CALL(name) ((uop_type_##name *)(uintptr_t)UOP_ADDRESS_OF(UOP_HELPER_##name))
#else
#define UOP_HELPER(result, name, parameters) \
    result name(UOP_PARAMETERS_ parameters); \
    UOP_HELPER_METADATA_(name) \
    UOP_HELPER_CALLEE_(result, name, parameters)
#define UOP_CALL(name) name
#endif

// Code calls functions as System V's C does on x86-64, whatever the system: where that is not how the system's C does, this
// is what it calls. The set's table of helpers has its address (UOP_CALLEE_SYMBOL).
#if defined(UOP_EMIT_HANDLERS) && defined(_WIN32) && defined(__x86_64__)
#define UOP_HELPER_CALLEE_(result, name, parameters) UOP_CALLEE_(__attribute__((sysv_abi)), result, name, parameters)
#else
#define UOP_HELPER_CALLEE_(result, name, parameters)
#endif
#define UOP_CALLEE_(convention, result, name, parameters) \
    convention __attribute__((weak)) result uop_callee_##name(UOP_PARAMETERS_ parameters); \
    convention __attribute__((weak)) result uop_callee_##name(UOP_PARAMETERS_ parameters) { return name(UOP_ARGUMENTS_ parameters); }

#define UOP_PARAMETERS_(...) __VA_OPT__(UOP_PARAMETERS_1_(__VA_ARGS__))
#define UOP_PARAMETERS_1_(type, ...) type p1 __VA_OPT__(, UOP_PARAMETERS_2_(__VA_ARGS__))
#define UOP_PARAMETERS_2_(type, ...) type p2 __VA_OPT__(, UOP_PARAMETERS_3_(__VA_ARGS__))
#define UOP_PARAMETERS_3_(type, ...) type p3 __VA_OPT__(, UOP_PARAMETERS_4_(__VA_ARGS__))
#define UOP_PARAMETERS_4_(type, ...) type p4 __VA_OPT__(, UOP_PARAMETERS_5_(__VA_ARGS__))
#define UOP_PARAMETERS_5_(type, ...) type p5 __VA_OPT__(, UOP_PARAMETERS_6_(__VA_ARGS__))
#define UOP_PARAMETERS_6_(type, ...) type p6 __VA_OPT__(, UOP_LIST_IS_TOO_LONG_)
#define UOP_ARGUMENTS_(...) __VA_OPT__(UOP_ARGUMENTS_1_(__VA_ARGS__))
#define UOP_ARGUMENTS_1_(type, ...) p1 __VA_OPT__(, UOP_ARGUMENTS_2_(__VA_ARGS__))
#define UOP_ARGUMENTS_2_(type, ...) p2 __VA_OPT__(, UOP_ARGUMENTS_3_(__VA_ARGS__))
#define UOP_ARGUMENTS_3_(type, ...) p3 __VA_OPT__(, UOP_ARGUMENTS_4_(__VA_ARGS__))
#define UOP_ARGUMENTS_4_(type, ...) p4 __VA_OPT__(, UOP_ARGUMENTS_5_(__VA_ARGS__))
#define UOP_ARGUMENTS_5_(type, ...) p5 __VA_OPT__(, UOP_ARGUMENTS_6_(__VA_ARGS__))
#define UOP_ARGUMENTS_6_(type) p6

/// The same value, of which the compiler knows nothing: see UopMagic.h for what it would assume of a magic symbol.
static inline __attribute__((always_inline, unused)) uint64_t UOP_OPAQUE_(uint64_t value)
{
#if UINTPTR_MAX > UINT32_MAX
    __asm__("" : "+r"(value));
    return value;
#else
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    __asm__("" : "+r"(low), "+r"(high));
    return (uint64_t)high << 32 | low;
#endif
}

// ---- Lists --------------------------------------------------------------------------------------

#define UOP_LIST_IN(...) __VA_ARGS__
#define UOP_LIST_OUT(...) __VA_ARGS__
#define UOP_LIST_OPERANDS(...) __VA_ARGS__
#define UOP_LIST_FLAGS(...) __VA_ARGS__

#define UOP_EACH_(macro, ...) __VA_OPT__(UOP_EACH_1_(macro, __VA_ARGS__))
#define UOP_EACH_1_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_2_(macro, __VA_ARGS__))
#define UOP_EACH_2_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_3_(macro, __VA_ARGS__))
#define UOP_EACH_3_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_4_(macro, __VA_ARGS__))
#define UOP_EACH_4_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_5_(macro, __VA_ARGS__))
#define UOP_EACH_5_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_6_(macro, __VA_ARGS__))
#define UOP_EACH_6_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_7_(macro, __VA_ARGS__))
#define UOP_EACH_7_(macro, x, ...) macro(x) __VA_OPT__(UOP_EACH_8_(macro, __VA_ARGS__))
// A longer list is an error, and not silently cut.
#define UOP_EACH_8_(macro, x, ...) macro(x) __VA_OPT__(UOP_LIST_IS_TOO_LONG_)

// `I64 left` becomes a parameter of type UOP_TYPE_I64, `I64 sum` in OUT one of type UOP_POINTER_I64.
#define UOP_IN_(x) , UOP_TYPE_##x
#define UOP_OUT_(x) , UOP_POINTER_##x
#define UOP_OPERAND_(x) , UOP_OPERAND_TYPE_##x

#define UOP_CLASS(enumerator, name, type, meaning) typedef type UOP_TYPE_##enumerator, *UOP_POINTER_##enumerator;
UOP_VALUE_CLASSES(UOP_CLASS)
#undef UOP_CLASS
#define UOP_OPERAND(enumerator, name, type, form, meaning) typedef type UOP_OPERAND_TYPE_##enumerator;
UOP_OPERAND_KINDS(UOP_OPERAND)
#undef UOP_OPERAND

// ---- Metadata -----------------------------------------------------------------------------------

#ifdef UOP_EMIT_METADATA
#define UOP_METADATA_(name_, in_, out_, operands_, flags_, documentation_) \
    UOP_METADATA_EXPANDED_(name_, in_, out_, operands_, flags_, documentation_)
#define UOP_METADATA_EXPANDED_(name_, in_, out_, operands_, flags_, documentation_) \
    __attribute__((section("uop_metadata"), used, aligned(4))) static const UopDefinition uop_definition_##name_ = { \
        UOP_ABI_VERSION, 0 UOP_EACH_(UOP_FLAG_, UOP_UNWRAP_ flags_), __LINE__, #name_, \
        {UOP_EACH_(UOP_TEXT_, UOP_UNWRAP_ in_)}, {UOP_EACH_(UOP_TEXT_, UOP_UNWRAP_ out_)}, \
        {UOP_EACH_(UOP_TEXT_, UOP_UNWRAP_ operands_)}, documentation_};
#define UOP_HELPER_METADATA_(name_) \
    __attribute__((section("uop_helpers"), used)) static const UopHelperDefinition uop_helper_##name_ = {#name_};
#define UOP_FUSION_METADATA_(first_, second_) \
    __attribute__((section("uop_fusions"), used, aligned(4))) \
    static const UopPairDefinition uop_fusion_##first_##second_ = {UOP_ABI_VERSION, #first_, #second_};
#define UOP_INVERSE_METADATA_(first_, second_) \
    __attribute__((section("uop_inverses"), used, aligned(4))) \
    static const UopPairDefinition uop_inverse_##first_##second_ = {UOP_ABI_VERSION, #first_, #second_};
#define UOP_SPLIT_METADATA_(uop_, check_, address_, access_) \
    __attribute__((section("uop_splits"), used, aligned(4))) \
    static const UopSplitDefinition uop_split_##uop_ = {UOP_ABI_VERSION, #uop_, #check_, #address_, #access_};
#define UOP_UNWRAP_(...) __VA_ARGS__
#define UOP_FLAG_(x) | UOP_FLAG_##x
#define UOP_TEXT_(x) #x,
#else
#define UOP_METADATA_(...)
#define UOP_HELPER_METADATA_(name)
#define UOP_FUSION_METADATA_(first, second)
#define UOP_INVERSE_METADATA_(first, second)
#define UOP_SPLIT_METADATA_(uop, check, address, access)
#endif

#endif
