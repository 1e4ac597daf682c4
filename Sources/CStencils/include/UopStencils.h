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
#define UOP_ABI_VERSION 4u

// ---------------------------------------------------------------------------------------------
// Hole kinds: see UopHoleKinds.def
// ---------------------------------------------------------------------------------------------

typedef enum __attribute__((enum_extensibility(closed))) UopSignedness : uint8_t {
    /// The value must lie in the field's signed range.
    UOP_HOLE_SIGNED UOP_SWIFT_NAME("signed"),
    /// The value must lie in the field's unsigned range.
    UOP_HOLE_UNSIGNED UOP_SWIFT_NAME("unsigned"),
    /// What lies beyond the width is not stored.
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

/// What is subtracted from S + A.
typedef enum __attribute__((enum_extensibility(closed))) UopHoleBase : uint8_t {
    UOP_BASE_NOTHING UOP_SWIFT_NAME("nothing"),
    /// P.
    UOP_BASE_PLACE UOP_SWIFT_NAME("place"),
    /// P, and both without their low 12 bits.
    UOP_BASE_PAGE UOP_SWIFT_NAME("page"),
} UopHoleBase;

/// Consecutive bits of the value, and where they go.
typedef struct UopHolePart {
    uint8_t from;        // the lowest bit of the value
    uint8_t bits;
    uint8_t to;          // the lowest bit of the word
} UopHolePart;

enum { UOP_MOST_HOLE_PARTS = 4 };

/// How a hole's value is stored: data for the one encoder of the runtime.
typedef struct UopHoleField {
    uint8_t size;        // bytes that the field's little-endian word occupies: 1, 4 or 8
    uint8_t width;       // bits of a value that fits
    uint8_t aligned;     // low bits of the value that must be zero
    UopSignedness signedness;
    UopHoleBase base;
    uint8_t rounding;    // where not 0: half of this power of two is added for the range, and for parts from it on
    uint8_t boundary;    // where not 0: the field does not cross a multiple of it, or the instruction is invalid
    uint8_t partCount;
    UopHolePart parts[UOP_MOST_HOLE_PARTS];
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
    /// An operand's upper 32 bits, where code has its two halves apart.
    UOP_TARGET_OPERAND_HIGH UOP_SWIFT_NAME("operandHigh"),
    /// Eight bytes of data beside the code that hold an operand: what a global offset table has of a symbol.
    UOP_TARGET_OPERAND_SLOT UOP_SWIFT_NAME("operandSlot"),
    /// The same for the address of a declared helper symbol.
    UOP_TARGET_HELPER_SLOT UOP_SWIFT_NAME("helperSlot"),
    /// Nothing is stored: the hole only says that here is an instruction which does not cross its kind's boundary.
    UOP_TARGET_NOTHING UOP_SWIFT_NAME("nothing"),
} UopHoleTarget;

typedef struct UopHole {
    int64_t addend;
    uint32_t offset;       // in the fragment
    uint16_t index;        // which operand, continuation, fragment, helper or constant
    UopHoleKind kind;
    UopHoleTarget target;
} UopHole;

// ---------------------------------------------------------------------------------------------
// Registers
// ---------------------------------------------------------------------------------------------

/// The registers in which stencils hand values on, as far as an instruction set has so many: its page in isa/ names them.
enum {
    UOP_INTEGER_REGISTER_COUNT = 9,
    UOP_FLOAT_REGISTER_COUNT = 8,
    UOP_REGISTER_COUNT = UOP_INTEGER_REGISTER_COUNT + UOP_FLOAT_REGISTER_COUNT,
    /// Register operands that a form has at most.
    UOP_MAX_AXES = 3,
    /// Entries of a row of masks, and what a register counts for in the number of a variant.
    UOP_AXIS_SIZE = 9,
    /// Code and masks are stored in pieces of this many bytes.
    UOP_CHUNK = 16,
};

/// Bytes of a register's name, with the zero behind it.
enum { UOP_REGISTER_NAME_SIZE = 8 };

/// The machine code of a form, or of many variants of it: wherever the number of a register is part of an
/// instruction, the masks of all axes make the code that of an assignment, by exclusive or. The hot fragment ends
/// where the next uop begins; the cold one (often empty) goes out of line.
typedef struct UopTemplate {
    uint32_t chunk;        // index in UopStencilTable.chunks: the hot fragment's, then the cold one's
    uint32_t masks;        // index in UopStencilTable.maskRows: for each chunk as many rows as there are axes
    uint32_t firstHole;    // index in UopStencilTable.holes: the hot fragment's, then the cold one's
    uint16_t hotSize;
    uint16_t coldSize;
    uint8_t hotHoleCount;
    uint8_t coldHoleCount;
} UopTemplate;

/// A way to compile a uop. With axes, its values are in registers, and it hands on all other registers as they
/// are: its variant for registers (r0, r1, r2) of its axes has the number (r0 * 9 + r1) * 9 + r2, with as many terms
/// as there are axes. A frame form has its values in the frame, at offsets that are operands, and leaves nothing in
/// registers.
///
/// Two forms may differ in nothing but the size of holes. The one with the smaller ones stands first; the other is
/// the next, and has `isWide`. The first has value operands in 32 bits, the wide one in 64; or the first, a near form,
/// has a cell's displacement in one byte, the wide one in four. Who emits code names the first, and the wide one is
/// taken where an operand does not fit.
typedef struct UopForm {
    uint32_t firstTemplate;
    uint32_t variants;     // index in UopStencilTable.variants: by variant, its template's number from the first
    uint8_t isFrame;
    uint8_t axisCount;
    uint8_t axisIsFloat[UOP_MAX_AXES];
    uint8_t inputAxes[UOP_MAX_AXES];   // by input: its axis, or UOP_NO_AXIS for the literal
    uint8_t outputAxes[UOP_MAX_AXES];  // by output; an axis that an input has too is overwritten
    uint8_t literalInput;  // the input that is a literal, behind the immediate operands; or UOP_NO_AXIS
    uint8_t isWide;        // 1 where the form before is the same with smaller holes: see above
    uint8_t excluded;      // literals of -1 ... 6 that it does not take: bit 0 for -1
    int32_t lowest, highest;           // the literals that it takes
} UopForm;
enum { UOP_NO_AXIS = 0xFF };

/// Two uops made one, where the last input of the second is the first's output: their inputs are the second's
/// other inputs, then the first's. Its forms are numbered behind those of the uops.
typedef struct UopFusion {
    uint16_t first, second;            // uops of the set
} UopFusion;

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

/// Code that is no uop: what the host calls, and where exits lead.
typedef enum __attribute__((enum_extensibility(closed))) UopBridge : uint8_t {
    /// `void (UopFrame *, const void *code)` in the plain C convention: runs code until it returns.
    UOP_BRIDGE_ENTER UOP_SWIFT_NAME("enter"),
    /// Continuation of an unlinked exit: stores the registers in the frame, and returns to the caller of the
    /// enter bridge.
    UOP_BRIDGE_RETURN UOP_SWIFT_NAME("return"),
    /// An exit's own code. Operand 0: the exit's number.
    UOP_BRIDGE_EXIT UOP_SWIFT_NAME("exit"),
    /// Operand 0 (offset) to operand 1 (offset): one word from slot to slot.
    UOP_BRIDGE_MOVE UOP_SWIFT_NAME("move"),
    /// Goes to its label, as far as any jump reaches: where a conditional branch leads whose target is too far away.
    UOP_BRIDGE_JUMP UOP_SWIFT_NAME("jump"),
    /// Does nothing in one byte; those behind it, up to UOP_LONGEST_PADDING, in one byte more each. Where instructions
    /// are longer there are only some of them.
    UOP_BRIDGE_PADDING_1 UOP_SWIFT_NAME("padding1"),
} UopBridge;
enum { UOP_LONGEST_PADDING = 15, UOP_BRIDGE_COUNT = UOP_BRIDGE_PADDING_1 + UOP_LONGEST_PADDING };
/// What stands for the form of a bridge that there is not.
#define UOP_NO_FORM 0xFFFFFFFFu

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

/// The registers of an instruction set, as its page says.
typedef struct UopRegisterDefinition {
    uint32_t abiVersion;
    uint32_t integerCount, floatCount;
    char names[UOP_REGISTER_COUNT][UOP_REGISTER_NAME_SIZE]; // the integer ones, then the float ones behind them
} UopRegisterDefinition;

/// A function of any type, as an address.
typedef void UopAnyFunction(void);

typedef struct UopHelperSymbol {
    const char *name;
    UopAnyFunction *address;
} UopHelperSymbol;

/// The forms of a uop: the frame form (narrow, then wide where there are value operands), then those with registers,
/// then those with a literal. Wherever there is a wide form, it stands behind the one with smaller holes.
typedef struct UopForms {
    uint32_t first;                        // index in UopStencilTable.forms
    uint16_t frameCount;                   // 0 for a fusion, 1, or 2
    uint16_t count;
} UopForms;

/// What a processor must be able to execute: an instruction set, of which those behind the first of a kind demand more.
/// UOP_ISA(enumerator, name)
#define UOP_ISA_LIST(UOP_ISA) \
    UOP_ISA(X86_64, "x86-64") \
    UOP_ISA(X86_64_V3, "x86-64-v3") \
    UOP_ISA(AARCH64, "aarch64") \
    UOP_ISA(I686, "i686") \
    UOP_ISA(RISCV64, "riscv64") \
    UOP_ISA(POWERPC64LE, "powerpc64le")

typedef enum __attribute__((enum_extensibility(closed))) UopISA : uint8_t {
#define UOP_ISA(enumerator, ...) UOP_ISA_##enumerator UOP_SWIFT_NAME(#enumerator),
    UOP_ISA_LIST(UOP_ISA)
#undef UOP_ISA
} UopISA;

enum {
    UOP_ISA_COUNT = 0
#define UOP_ISA(enumerator, ...) + 1
    UOP_ISA_LIST(UOP_ISA)
#undef UOP_ISA
};

/// UOP_ISA_COUNT names, indexed by instruction set; and their enumerators without prefix.
const char *const *uop_isa_names(void);
const char *const *uop_isa_enumerators(void);

/// 1 where this processor, under this system, executes everything that code for an instruction set may use.
int uop_can_execute(UopISA isa);

/// The machine code of a set for one instruction set.
typedef struct UopStencilTable {
    uint32_t abiVersion;
    uint32_t formCount;
    uint32_t templateCount;
    uint32_t holeCount;
    uint32_t chunkCount;
    uint32_t constantCount;
    uint32_t bridgeCount;                  // 0, or UOP_BRIDGE_COUNT
    uint32_t fusionCount;
    UopISA isa;
    uint8_t integerRegisterCount, floatRegisterCount;
    const char *const *registerNames;      // UOP_REGISTER_COUNT: the integer ones, then from UOP_INTEGER_REGISTER_COUNT on the float ones
    const char *target;                    // a target triple
    const char *compiler;                  // identity of the clang that made the code
    const char *digest;                    // of everything that shaped it
    const UopForms *operations;            // by uop, then by fusion
    const uint32_t *bridges;               // indices in forms, by UopBridge (paddings by size)
    const UopFusion *fusions;
    const UopForm *forms;
    const UopTemplate *templates;
    const UopHole *holes;
    const uint8_t *variants;
    const uint8_t (*chunks)[UOP_CHUNK];
    const uint16_t *maskRows;              // a row is UOP_AXIS_SIZE masks: index in masks
    const uint8_t (*masks)[UOP_CHUNK];
    const UopConstant *constants;
    const uint8_t *constantBytes;
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
    const UopStencilTable *tables[UOP_ISA_COUNT]; // those for other hosts are NULL, unless UOP_ALL_TARGETS was defined
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
