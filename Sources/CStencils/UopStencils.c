// The texts and fields of the contract, from its own lists.
#include "UopStencils.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define LIST(...) __VA_ARGS__
static const UopHoleField fields[] = {
#define UOP_HOLE_KIND(enumerator, name, size, width, aligned, signedness, base, rounding, boundary, parts, ...) \
    {size, width, aligned, signedness, base, rounding, boundary, sizeof((UopHolePart[]){LIST parts}) / sizeof(UopHolePart), {LIST parts}},
#include "UopHoleKinds.def"
};
const UopHoleField *uop_hole_fields(void) { return fields; }

static const UopHoleKindText holeTexts[] = {
#define UOP_HOLE_KIND(enumerator, name, size, width, aligned, signedness, base, rounding, boundary, parts, formula, \
                      meaning, range, errors, elf, machO, coff, source) \
    {name, formula, meaning, range, errors, elf, machO, coff, source},
#include "UopHoleKinds.def"
};
const UopHoleKindText *uop_hole_kind_texts(void) { return holeTexts; }

static const char *const holeEnumerators[] = {
#define UOP_HOLE_KIND(enumerator, ...) &#enumerator[sizeof "UOP_HOLE_" - 1],
#include "UopHoleKinds.def"
};
const char *const *uop_hole_kind_enumerators(void) { return holeEnumerators; }

static const UopKindText classTexts[] = {
#define UOP_CLASS(enumerator, name, type, meaning) {name, meaning},
    UOP_VALUE_CLASSES(UOP_CLASS)
#undef UOP_CLASS
};
const UopKindText *uop_class_texts(void) { return classTexts; }
size_t uop_class_count(void) { return sizeof classTexts / sizeof *classTexts; }

static const UopKindText operandTexts[] = {
#define UOP_OPERAND(enumerator, name, type, form, meaning) {name, meaning},
    UOP_OPERAND_KINDS(UOP_OPERAND)
#undef UOP_OPERAND
};
const UopKindText *uop_operand_kind_texts(void) { return operandTexts; }
size_t uop_operand_kind_count(void) { return sizeof operandTexts / sizeof *operandTexts; }

static const UopOperandForm operandForms[] = {
#define UOP_OPERAND(enumerator, name, type, form, meaning) form,
    UOP_OPERAND_KINDS(UOP_OPERAND)
#undef UOP_OPERAND
};
const UopOperandForm *uop_operand_forms(void) { return operandForms; }

static const UopFlagText flagTexts[] = {
#define UOP_FLAG(enumerator, bit, name, meaning) {UOP_FLAG_##enumerator, name, meaning},
    UOP_FLAG_LIST(UOP_FLAG)
#undef UOP_FLAG
};
const UopFlagText *uop_flag_texts(void) { return flagTexts; }
size_t uop_flag_count(void) { return sizeof flagTexts / sizeof *flagTexts; }

static const char *const classEnumerators[] = {
#define UOP_CLASS(enumerator, ...) #enumerator,
    UOP_VALUE_CLASSES(UOP_CLASS)
#undef UOP_CLASS
};
const char *const *uop_class_enumerators(void) { return classEnumerators; }

static const char *const operandEnumerators[] = {
#define UOP_OPERAND(enumerator, ...) #enumerator,
    UOP_OPERAND_KINDS(UOP_OPERAND)
#undef UOP_OPERAND
};
const char *const *uop_operand_kind_enumerators(void) { return operandEnumerators; }

static const char *const isaNames[] = {
#define UOP_ISA(enumerator, name) name,
    UOP_ISA_LIST(UOP_ISA)
#undef UOP_ISA
};
const char *const *uop_isa_names(void) { return isaNames; }

static const char *const isaEnumerators[] = {
#define UOP_ISA(enumerator, name) #enumerator,
    UOP_ISA_LIST(UOP_ISA)
#undef UOP_ISA
};
const char *const *uop_isa_enumerators(void) { return isaEnumerators; }

// Asked of the processor itself: what compilers offer for it is in libraries that not every system links.
#if defined(__x86_64__)
static int hasLevel3(void)
{
    unsigned int a, b, c, d, c7, extended;
    // What the psABI's x86-64-v3 adds to what stencils may use.
    const unsigned int leaf1 = bit_FMA | bit_SSE42 | bit_POPCNT | bit_OSXSAVE | bit_AVX, leaf7 = bit_BMI | bit_AVX2 | bit_BMI2;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & leaf1) != leaf1) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c7, &d) || (b & leaf7) != leaf7) return 0;
    if (!__get_cpuid(0x80000001, &a, &b, &extended, &d) || !(extended & bit_LZCNT)) return 0;
    // The system saves wide registers: bits 1 and 2 of XCR0.
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (a & 6) == 6;
}
#elif defined(__i386__)
static int hasSSE2(void)
{
    unsigned int a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (d & bit_SSE2);
}
#endif

int uop_can_execute(UopISA isa)
{
    switch (isa) {
#if defined(__x86_64__)
    case UOP_ISA_X86_64: return 1;
    case UOP_ISA_X86_64_V3: return hasLevel3();
#elif defined(__aarch64__)
    case UOP_ISA_AARCH64: return 1;
#elif defined(__i386__)
    // SSE2 came with the Pentium 4.
    case UOP_ISA_I686: return hasSSE2();
#elif defined(__riscv) && __riscv_xlen == 64
    case UOP_ISA_RISCV64: return 1;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    // Code is made for POWER10: what is compiled for it runs on it.
    case UOP_ISA_POWERPC64LE:
#if defined(_ARCH_PWR10)
        return 1;
#else
        return __builtin_cpu_supports("arch_3_1") != 0;
#endif
#endif
    default: return 0;
    }
}
