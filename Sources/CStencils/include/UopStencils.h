// The tables that stencilgen writes and the runtime reads: hole kinds, stencils, uop metadata.
//
// This header is the contract between the generator and everything that links its output. What
// changes here changes UOP_ABI_VERSION.
#ifndef UOP_STENCILS_H
#define UOP_STENCILS_H

#include <stddef.h>
#include <stdint.h>
#include "UopFrame.h"

/// The enumerator's name in Swift.
#define UOP_SWIFT_NAME(name) __attribute__((swift_name(name)))

/// Version of everything a table depends on: these structures, the frame's layout, the registers
/// that stencils pass, hole kinds, value classes, operand kinds and flags. Checked when a set is
/// loaded.
#define UOP_ABI_VERSION 1u

// ---------------------------------------------------------------------------------------------
// Hole kinds: see UopHoleKinds.def
// ---------------------------------------------------------------------------------------------

typedef enum __attribute__((enum_extensibility(closed))) UopSignedness : uint8_t {
    /// The value must lie in the field's signed range.
    UOP_HOLE_SIGNED UOP_SWIFT_NAME("signed"),
    /// The value must lie in the field's unsigned range.
    UOP_HOLE_UNSIGNED UOP_SWIFT_NAME("unsigned"),
    /// The field takes every value.
    UOP_HOLE_ANY UOP_SWIFT_NAME("any"),
} UopSignedness;

typedef enum __attribute__((enum_extensibility(closed))) UopHoleKind : uint8_t {
#define UOP_HOLE_KIND(enumerator, name, ...) enumerator UOP_SWIFT_NAME(name),
#include "UopHoleKinds.def"
} UopHoleKind;

enum {
    UOP_HOLE_KIND_COUNT = 0
#define UOP_HOLE_KIND(enumerator, ...) + 1
#include "UopHoleKinds.def"
};

/// How a hole's value is stored: data for the one encoder of the runtime.
typedef struct UopHoleField {
    uint8_t size;        // bytes that the field's little-endian word occupies: 4 or 8
    uint8_t bits;        // bits of the word that are the field
    uint8_t shift;       // the field's lowest bit
    uint8_t dropped;     // low bits of the value that must be zero and are not stored
    UopSignedness signedness;
    uint8_t pcRelative;  // 1 where the address of the field is subtracted
} UopHoleField;

/// The words for a hole kind, for messages and docs/relocations.md.
typedef struct UopHoleKindText {
    const char *name, *formula, *meaning, *range, *errors, *elf, *machO, *coff, *source;
} UopHoleKindText;

/// UOP_HOLE_KIND_COUNT fields, indexed by kind.
const UopHoleField *uop_hole_fields(void);
/// UOP_HOLE_KIND_COUNT texts, indexed by kind.
const UopHoleKindText *uop_hole_kind_texts(void);
/// UOP_HOLE_KIND_COUNT enumerators without their prefix, indexed by kind.
const char *const *uop_hole_kind_enumerators(void);

// ---------------------------------------------------------------------------------------------
// Stencils
// ---------------------------------------------------------------------------------------------

/// What fills a hole. `UopHole.index` says which one.
typedef enum __attribute__((enum_extensibility(closed))) UopHoleTarget : uint8_t {
    /// An operand: first the uop's immediate operands in order, then the frame offsets of its
    /// inputs, then those of its outputs.
    UOP_TARGET_OPERAND UOP_SWIFT_NAME("operand"),
    /// 0: the next uop; 1: the uop that a jump leads to.
    UOP_TARGET_CONTINUATION UOP_SWIFT_NAME("continuation"),
    /// The uop's exit.
    UOP_TARGET_EXIT UOP_SWIFT_NAME("exit"),
    /// A fragment of the same stencil: 0 hot, 1 cold. The addend includes the offset in it.
    UOP_TARGET_FRAGMENT UOP_SWIFT_NAME("fragment"),
    /// The address of a declared helper symbol of the set.
    UOP_TARGET_HELPER UOP_SWIFT_NAME("helper"),
    /// A read-only constant of the set.
    UOP_TARGET_CONSTANT UOP_SWIFT_NAME("constant"),
} UopHoleTarget;

typedef struct UopHole {
    int64_t addend;
    uint32_t offset;       // in the fragment
    uint16_t index;        // which operand, continuation, fragment, helper or constant
    UopHoleKind kind;
    UopHoleTarget target;
} UopHole;

/// One run of code: `size` bytes of the set's code, and the holes in it.
typedef struct UopFragment {
    uint32_t code;         // offset in UopStencilTable.code
    uint32_t size;
    uint32_t firstHole;    // index in UopStencilTable.holes
    uint32_t holeCount;
} UopFragment;

/// The machine code of one uop, in one form. The hot fragment ends where the next uop begins;
/// the cold one (often empty) goes out of line.
typedef struct UopStencil {
    UopFragment hot;
    UopFragment cold;
} UopStencil;

/// Read-only data that stencils refer to, equal contents once.
typedef struct UopConstant {
    uint32_t offset;       // in UopStencilTable.constantBytes
    uint16_t size;
    uint16_t alignment;    // a power of two
} UopConstant;

// ---------------------------------------------------------------------------------------------
// Uop metadata
// ---------------------------------------------------------------------------------------------

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
    /// A displacement from the frame: always a 32-bit signed hole.
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
    UOP_OPERAND(LABEL, "label", uint64_t, UOP_FORM_NONE, "where a jump leads")

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
    UOP_FLAG(CONSTANT, 14, "constant", "its output is its operand")

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
} UopInfo;

/// Code that is no uop: what the host calls, and where exits lead.
typedef enum __attribute__((enum_extensibility(closed))) UopBridge : uint8_t {
    /// `void (UopFrame *, const void *code)` in the plain C convention: runs code until it returns.
    UOP_BRIDGE_ENTER UOP_SWIFT_NAME("enter"),
    /// Continuation of an unlinked exit: returns to the caller of the enter bridge.
    UOP_BRIDGE_RETURN UOP_SWIFT_NAME("return"),
    /// An exit's own code. Operand 0: the exit's number.
    UOP_BRIDGE_EXIT UOP_SWIFT_NAME("exit"),
    /// Operand 0 (offset) to operand 1 (offset): one word from slot to slot.
    UOP_BRIDGE_MOVE UOP_SWIFT_NAME("move"),
} UopBridge;
enum { UOP_BRIDGE_COUNT = 4 };

// What a definition looks like in an object file, for stencilgen.

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

/// A symbol that bodies may call.
typedef struct UopHelperDefinition {
    char name[UOP_NAME_SIZE];
} UopHelperDefinition;

/// A function of any type, as an address.
typedef void UopAnyFunction(void);

typedef struct UopHelperSymbol {
    const char *name;
    UopAnyFunction *address;
} UopHelperSymbol;

/// Where a uop's stencils are.
typedef struct UopForms {
    uint32_t firstStencil;                 // index in UopStencilTable.stencils
    uint32_t count;                        // 1; or 2: all operands in 32-bit holes, values in 64-bit holes
} UopForms;

/// The machine code of a set for one target.
typedef struct UopStencilTable {
    uint32_t abiVersion;
    uint32_t stencilCount;
    uint32_t holeCount;
    uint32_t codeSize;
    uint32_t constantCount;
    uint32_t bridgeCount;                  // 0, or UOP_BRIDGE_COUNT
    const char *target;                    // a target triple
    const char *compiler;                  // identity of the clang that made the code
    const char *digest;                    // of everything that shaped it
    const UopForms *forms;                 // by uop
    const UopStencil *stencils;
    const UopHole *holes;
    const uint8_t *code;                   // codeSize bytes, then at least 15 that may be read
    const UopConstant *constants;
    const uint8_t *constantBytes;
    const uint32_t *bridges;               // indices in stencils, by UopBridge
} UopStencilTable;

/// Everything that is generated from one folder of stencils.
///
/// An instruction of the interpreter is a run of words: the handler's address; where its exit
/// leads, if the uop exits; its operands but labels; where its jump leads, if it jumps. A
/// destination is the address of an instruction.
typedef struct UopStencilSet {
    uint32_t abiVersion;
    uint32_t uopCount;
    uint32_t helperCount;
    const char *name;
    const UopInfo *uops;                   // sorted by name (bytes)
    const UopHelperSymbol *helpers;
    UopAnyFunction *const *handlers;       // the interpreter's, by uop
    const UopStencilTable *table;          // for the host, or NULL: there is only the interpreter
} UopStencilSet;

/// Compares two names as sets are sorted: negative, 0 or positive.
static inline int uop_compare_names(const char *left, const char *right)
{
    while (*left && *left == *right) ++left, ++right;
    return (unsigned char)*left - (unsigned char)*right;
}

// ---------------------------------------------------------------------------------------------
// Interpreter
// ---------------------------------------------------------------------------------------------

/// Executes instructions from `code` on until an instruction made of uop_halt_handler(), which
/// stores its operand as the frame's exit index and the stack pointer. `stack` is the first free
/// word of the operand stack.
void uop_interpret(UopFrame *frame, uint64_t *stack, const uint64_t *code);

/// The handler that ends a run: an instruction of two words, handler and exit number.
UopAnyFunction *uop_halt_handler(void);

#endif
