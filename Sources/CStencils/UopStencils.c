// The texts and fields of the contract, from its own lists.
#include "UopStencils.h"
#include "UopRegisters.h"

#define LIST(...) __VA_ARGS__
static const UopHoleField fields[] = {
#define UOP_HOLE_KIND(enumerator, name, size, width, aligned, signedness, base, rounding, parts, ...) \
    {size, width, aligned, signedness, base, rounding, sizeof((UopHolePart[]){LIST parts}) / sizeof(UopHolePart), {LIST parts}},
#include "UopHoleKinds.def"
};
const UopHoleField *uop_hole_fields(void) { return fields; }

static const UopHoleKindText holeTexts[] = {
#define UOP_HOLE_KIND(enumerator, name, size, width, aligned, signedness, base, rounding, parts, formula, \
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

static const char *const registerNames[] = {
#define UOP_REGISTER(number, name) name,
    UOP_REGISTER_LIST(UOP_REGISTER, UOP_REGISTER)
#undef UOP_REGISTER
    0
};
const char *const *uop_register_names(void) { return registerNames; }

static const UopLevelText levelTexts[] = {
#define UOP_LEVEL(enumerator, name, architecture) {name, architecture},
    UOP_LEVEL_LIST(UOP_LEVEL)
#undef UOP_LEVEL
};
const UopLevelText *uop_level_texts(void) { return levelTexts; }
