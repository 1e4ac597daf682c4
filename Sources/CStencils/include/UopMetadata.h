// What is known of a uop: the classes of its values, its operands, what is true of it.
#ifndef UOP_METADATA_H
#define UOP_METADATA_H

#include <stddef.h>
#include <stdint.h>
#include "UopFrame.h"

/// The class of a value on the stack or in a local. All are one 64-bit word.
/// UOP_CLASS(enumerator, name in text, C type in bodies, meaning)
#define UOP_VALUE_CLASSES(UOP_CLASS) \
    UOP_CLASS(I64, "i64", int64_t, "a 64-bit integer") \
    UOP_CLASS(F64, "f64", double, "a float64") \
    UOP_CLASS(OBJECT, "object", uint64_t, "a tagged word of any dynamic class") \
    UOP_CLASS(INT, "int", uint64_t, "an object known to be a small integer") \
    UOP_CLASS(FLOAT, "float", uint64_t, "an object known to be a float") \
    UOP_CLASS(BOOL, "bool", uint64_t, "an object known to be True or False") \
    UOP_CLASS(NONE, "none", uint64_t, "an object known to be None") \
    UOP_CLASS(RANGE, "range", uint64_t, "an object known to be a range iterator") \
    UOP_CLASS(A, "A", uint64_t, "any class, the same wherever A stands in the uop") \
    UOP_CLASS(B, "B", uint64_t, "any class, the same wherever B stands in the uop") \
    UOP_CLASS(C, "C", uint64_t, "any class, the same wherever C stands in the uop") \
    UOP_CLASS(PARAMETER, "P", uint64_t, "the class of the helper's parameter at this place") \
    UOP_CLASS(RESULT, "R", uint64_t, "the class of the helper's result")

typedef enum __attribute__((enum_extensibility(closed))) UopClass : uint8_t {
#define UOP_CLASS(enumerator, ...) UOP_CLASS_##enumerator UOP_SWIFT_NAME(#enumerator),
    UOP_VALUE_CLASSES(UOP_CLASS)
#undef UOP_CLASS
} UopClass;

/// How a hole for an operand of a kind looks in the JIT's stencils.
typedef enum __attribute__((enum_extensibility(closed))) UopOperandForm : uint8_t {
    /// A displacement, from the frame or from BF's pointer: always a 32-bit signed hole.
    UOP_FORM_OFFSET UOP_SWIFT_NAME("offset"),
    /// A value: a 32-bit hole in the narrow form, a 64-bit hole in the wide form.
    UOP_FORM_VALUE UOP_SWIFT_NAME("value"),
    /// Not in the code: a label (which is a continuation).
    UOP_FORM_NONE UOP_SWIFT_NAME("absent"),
} UopOperandForm;

/// What an immediate operand is, in text and when executed.
/// UOP_OPERAND(enumerator, name in docs, C type in bodies, form in stencils, meaning)
#define UOP_OPERAND_KINDS(UOP_OPERAND) \
    UOP_OPERAND(IMM_I64, "i64", int64_t, UOP_FORM_VALUE, "an integer literal of 64 bits") \
    UOP_OPERAND(IMM_F64, "f64", double, UOP_FORM_VALUE, "a float64 literal") \
    UOP_OPERAND(IMM_OBJECT, "object", uint64_t, UOP_FORM_VALUE, "an object literal: integer, float, None, True, False") \
    UOP_OPERAND(IMM_INDEX, "index", uint64_t, UOP_FORM_VALUE, "a small number that the host chose") \
    UOP_OPERAND(LOCAL_READ, "local", uint64_t, UOP_FORM_OFFSET, "a local that is read, as the offset of its slot") \
    UOP_OPERAND(LOCAL_WRITE, "local", uint64_t, UOP_FORM_OFFSET, "a local that is written, as the offset of its slot") \
    UOP_OPERAND(BUFFER_I8, "i8 buffer", uint64_t, UOP_FORM_OFFSET, "a buffer of 8-bit elements, as the offset of its descriptor") \
    UOP_OPERAND(BUFFER_I16, "i16 buffer", uint64_t, UOP_FORM_OFFSET, "a buffer of 16-bit elements") \
    UOP_OPERAND(BUFFER_I32, "i32 buffer", uint64_t, UOP_FORM_OFFSET, "a buffer of 32-bit elements") \
    UOP_OPERAND(BUFFER_I64, "i64 buffer", uint64_t, UOP_FORM_OFFSET, "a buffer of 64-bit elements") \
    UOP_OPERAND(BUFFER_F64, "f64 buffer", uint64_t, UOP_FORM_OFFSET, "a buffer of float64 elements") \
    UOP_OPERAND(HELPER, "helper", uint64_t, UOP_FORM_OFFSET, "a helper of the host, as the offset of its descriptor") \
    UOP_OPERAND(LABEL, "label", uint64_t, UOP_FORM_NONE, "where a jump leads") \
    UOP_OPERAND(CELL, "cell", uint64_t, UOP_FORM_OFFSET, "a cell of BF's tape, as its distance from the pointer in bytes")

typedef enum __attribute__((enum_extensibility(closed))) UopOperandKind : uint8_t {
#define UOP_OPERAND(enumerator, ...) UOP_OPERAND_##enumerator UOP_SWIFT_NAME(#enumerator),
    UOP_OPERAND_KINDS(UOP_OPERAND)
#undef UOP_OPERAND
} UopOperandKind;

/// The words for a value class or an operand kind.
typedef struct UopKindText {
    const char *name, *meaning;
} UopKindText;

/// Indexed by UopClass / UopOperandKind; the counts are those of the enums.
const UopKindText *uop_class_texts(void);
const UopKindText *uop_operand_kind_texts(void);
const UopOperandForm *uop_operand_forms(void);
/// The enumerators without their prefix, as definitions write them: "I64", "LOCAL_READ".
const char *const *uop_class_enumerators(void);
const char *const *uop_operand_kind_enumerators(void);
size_t uop_class_count(void);
size_t uop_operand_kind_count(void);

/// What is true of a uop. UOP_FLAG(enumerator, bit, name, meaning)
#define UOP_FLAG_LIST(UOP_FLAG) \
    UOP_FLAG(PURE, 0, "pure", "its outputs depend on inputs and operands only, and it has no effect") \
    UOP_FLAG(EXITS, 1, "exits", "it may leave the trace; then it is as if it had not been executed") \
    UOP_FLAG(JUMPS, 2, "jumps", "it may go to its label, or to the top") \
    UOP_FLAG(TERMINATOR, 3, "terminator", "control never reaches the uop behind it") \
    UOP_FLAG(PEEKS, 4, "peeks", "its inputs stay on the stack, below its outputs") \
    UOP_FLAG(ESCAPES, 5, "escapes", "it runs code of the host, which may read and write what the frame points to") \
    UOP_FLAG(INTERNAL, 6, "internal", "the compiler inserts it; it is refused in text") \
    UOP_FLAG(MOVES, 7, "moves", "it only moves words: equal class variables are equal values") \
    UOP_FLAG(TO_TOP, 8, "to top", "it jumps to the first uop of its trace") \
    UOP_FLAG(POLLS_FUEL, 9, "polls fuel", "it is the check of a back edge where fuel is limited") \
    UOP_FLAG(POLLS_INTERRUPT, 10, "polls interrupts", "it is the check of a back edge where fuel is not limited") \
    UOP_FLAG(COUNTS, 11, "counts", "it counts how often it is passed") \
    UOP_FLAG(TAPE, 12, "tape", "it uses the tape") \
    UOP_FLAG(GUARD, 13, "guard", "its outputs are its inputs, whose class it has checked") \
    UOP_FLAG(CONSTANT, 14, "constant", "its output is its operand") \
    UOP_FLAG(RECOVERS_FIRST, 15, "recovers first", "an exit computes the first input from the output, where they share a register") \
    UOP_FLAG(RECOVERS_SECOND, 16, "recovers second", "the same for the second input") \
    UOP_FLAG(LITERAL, 17, "literal", "its last input is often a literal: there are forms with it in the code") \
    UOP_FLAG(POSITION, 18, "position", "it stores its operand as the position in the source, and does nothing else") \
    UOP_FLAG(READS, 19, "reads", "its output depends on inputs and memory only, and it has no effect") \
    UOP_FLAG(WRITES, 20, "writes", "it writes an element of memory, and has no other effect") \
    UOP_FLAG(TRUTH, 21, "truth", "its output says whether something is so, and mostly decides a jump") \
    UOP_FLAG(COMMUTES, 22, "commutes", "its two inputs may change places") \
    UOP_FLAG(FAULTS, 23, "faults", "its memory access may fault, and the host takes it from there: its code uses no stack") \
    UOP_FLAG(INTERPRETED, 24, "interpreted", "only the interpreter executes it: there is no machine code")

enum {
#define UOP_FLAG(enumerator, bit, ...) UOP_FLAG_##enumerator = 1 << bit,
    UOP_FLAG_LIST(UOP_FLAG)
#undef UOP_FLAG
};

typedef struct UopFlagText {
    uint32_t flag;
    const char *name, *meaning;
} UopFlagText;
const UopFlagText *uop_flag_texts(void);
size_t uop_flag_count(void);

enum { UOP_MAX_INPUTS = 3, UOP_MAX_OUTPUTS = 3, UOP_MAX_OPERANDS = 2 };

typedef struct UopInfo {
    const char *name;
    const char *documentation;
    const char *file;                     // relative to the set's folder
    const char *inputNames[UOP_MAX_INPUTS];
    const char *outputNames[UOP_MAX_OUTPUTS];
    const char *operandNames[UOP_MAX_OPERANDS];
    uint32_t line;
    uint32_t flags;
    uint8_t inputCount, outputCount, operandCount;
    UopClass inputs[UOP_MAX_INPUTS];      // deepest first, top of the stack last
    UopClass outputs[UOP_MAX_OUTPUTS];    // likewise
    UopOperandKind operands[UOP_MAX_OPERANDS];
    uint16_t inverse;                     // the uop of the set that jumps where it does not; its own number: none
    uint8_t isSplit;                      // 1 where the JIT takes it apart:
    uint16_t parts[3];                    // a check of its first input, an address, an access that has that first
} UopInfo;

// ---------------------------------------------------------------------------------------------
// What a definition looks like in an object file, for stencilgen
// ---------------------------------------------------------------------------------------------

enum { UOP_NAME_SIZE = 48, UOP_PARAMETER_SIZE = 28, UOP_DOCUMENTATION_SIZE = 256 };

/// A uop's definition as it stands in an object file: text inside, so that it needs no relocation.
/// A parameter is its kind's enumerator, a space, its name ("I64 left"); unused ones are empty.
typedef struct UopDefinition {
    uint32_t abiVersion;
    uint32_t flags;
    uint32_t line;
    char name[UOP_NAME_SIZE];
    char inputs[UOP_MAX_INPUTS][UOP_PARAMETER_SIZE];
    char outputs[UOP_MAX_OUTPUTS][UOP_PARAMETER_SIZE];
    char operands[UOP_MAX_OPERANDS][UOP_PARAMETER_SIZE];
    char documentation[UOP_DOCUMENTATION_SIZE];
} UopDefinition;

/// Two uops that shall be compiled as one, too; or that are each other's inverse.
typedef struct UopPairDefinition {
    uint32_t abiVersion;
    char first[UOP_NAME_SIZE];
    char second[UOP_NAME_SIZE];
} UopPairDefinition;

/// A uop that the JIT takes apart: a check, the address, the access. All have its operands; the check has its
/// first input, the access the address and all of its inputs.
typedef struct UopSplitDefinition {
    uint32_t abiVersion;
    char uop[UOP_NAME_SIZE];
    char check[UOP_NAME_SIZE];
    char address[UOP_NAME_SIZE];
    char access[UOP_NAME_SIZE];
} UopSplitDefinition;

/// A symbol that bodies may call.
typedef struct UopHelperDefinition {
    char name[UOP_NAME_SIZE];
} UopHelperDefinition;

#endif
