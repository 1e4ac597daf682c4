// The tables that stencilgen writes and the runtime reads: machine code of stencils, and the sets that they belong to.
//
// This header and those that it includes are the contract between the generator and everything that links its output. What
// changes in them changes UOP_ABI_VERSION.
#ifndef UOP_STENCILS_H
#define UOP_STENCILS_H

#include <stddef.h>
#include <stdint.h>
#include "UopFrame.h"
#include "UopHoles.h"
#include "UopMetadata.h"

/// Version of everything a table depends on: these structures, the frame's layout, the registers
/// that stencils pass, hole kinds, value classes, operand kinds and flags. Checked when a set is
/// loaded.
#define UOP_ABI_VERSION 5u

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
    /// `enter` in the convention of Microsoft's C, where that is another than the one that stencils were compiled with:
    /// on x86-64.
    UOP_BRIDGE_ENTER_MICROSOFT UOP_SWIFT_NAME("enterMicrosoft"),
    /// The `entry` of a helper's descriptor whose function has the convention of Microsoft's C: its context is the
    /// descriptor.
    UOP_BRIDGE_HELPER_MICROSOFT UOP_SWIFT_NAME("helperMicrosoft"),
    /// Does nothing in one byte; those behind it, up to UOP_LONGEST_PADDING, in one byte more each. Where instructions
    /// are longer there are only some of them.
    UOP_BRIDGE_PADDING_1 UOP_SWIFT_NAME("padding1"),
} UopBridge;
enum { UOP_LONGEST_PADDING = 15, UOP_BRIDGE_COUNT = UOP_BRIDGE_PADDING_1 + UOP_LONGEST_PADDING };
/// What stands for the form of a bridge that there is not.
#define UOP_NO_FORM 0xFFFFFFFFu

/// The registers of an instruction set, as its page says.
typedef struct UopRegisterDefinition {
    uint32_t abiVersion;
    uint32_t integerCount, floatCount;
    char names[UOP_REGISTER_COUNT][UOP_REGISTER_NAME_SIZE]; // the integer ones, then the float ones behind them
} UopRegisterDefinition;

/// A function of any type, as an address.
typedef void UopAnyFunction(void);

/// A function that stencils call by name.
typedef struct UopHelperSymbol {
    const char *name;
    /// In the convention that stencils were compiled with: on x86-64 that of System V on Windows, too.
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

/// For the tables of helpers: the symbol that is a helper's address.
#if defined(_WIN32) && defined(__x86_64__)
#define UOP_CALLEE_SYMBOL(name)
#else
#define UOP_CALLEE_SYMBOL(name) __asm__(UOP_SYMBOL_TEXT_(__USER_LABEL_PREFIX__) name)
#define UOP_SYMBOL_TEXT_(prefix) UOP_SYMBOL_TEXT_1_(prefix)
#define UOP_SYMBOL_TEXT_1_(prefix) #prefix
#endif

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
