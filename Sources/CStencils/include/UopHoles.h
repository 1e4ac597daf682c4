// Holes: what is left open in a stencil, and how a value is stored there. The kinds are in UopHoleKinds.def.
#ifndef UOP_HOLES_H
#define UOP_HOLES_H

#include <stdint.h>
#include "UopFrame.h"

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

#endif
