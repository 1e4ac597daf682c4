// From the text of a BF program to LLVM's IR: bf-llvm.c's first half.
//
// Runs of one command are folded. What is beyond them is left to LLVM: the pointer is a value, as it would be after
// mem2reg, and no loop is treated apart.
#ifndef BF_IR_H
#define BF_IR_H

#include "bf.h"

#include <llvm-c/Core.h>
#include <string.h>

/// A loop whose `]` has not come yet.
typedef struct {
    LLVMBasicBlockRef head, exit;
    /// The pointer at the loop's head.
    LLVMValueRef pointer;
} Loop;

/// A function that is being built, up to where the text was read.
typedef struct {
    LLVMContextRef context;
    LLVMBuilderRef builder;
    LLVMValueRef function, pointer;
    LLVMTypeRef byte, address;
    LLVMTypeRef put_type, get_type;
    LLVMValueRef put, get;
    Loop *loops;
    size_t depth;
} Translation;

static LLVMValueRef byte_constant(const Translation *to, long value)
{
    return LLVMConstInt(to->byte, (unsigned char)value, 0);
}

static LLVMValueRef load(const Translation *to) { return LLVMBuildLoad2(to->builder, to->byte, to->pointer, ""); }

static void add(Translation *to, long value)
{
    LLVMValueRef sum = LLVMBuildAdd(to->builder, load(to), byte_constant(to, value), "");
    LLVMBuildStore(to->builder, sum, to->pointer);
}

static void move(Translation *to, long distance)
{
    LLVMValueRef index = LLVMConstInt(LLVMInt64TypeInContext(to->context), (unsigned long long)distance, 1);
    to->pointer = LLVMBuildInBoundsGEP2(to->builder, to->byte, to->pointer, &index, 1, "");
}

static void write_cell(Translation *to)
{
    LLVMValueRef cell = load(to);
    LLVMBuildCall2(to->builder, to->put_type, to->put, &cell, 1, "");
}

static void read_cell(Translation *to)
{
    LLVMValueRef cell = load(to);
    LLVMBuildStore(to->builder, LLVMBuildCall2(to->builder, to->get_type, to->get, &cell, 1, ""), to->pointer);
}

static LLVMBasicBlockRef new_block(const Translation *to)
{
    return LLVMAppendBasicBlockInContext(to->context, to->function, "");
}

static void open_loop(Translation *to)
{
    LLVMBasicBlockRef before = LLVMGetInsertBlock(to->builder), body = new_block(to);
    Loop loop = {new_block(to), new_block(to), NULL};
    LLVMBuildBr(to->builder, loop.head);
    LLVMPositionBuilderAtEnd(to->builder, loop.head);
    loop.pointer = LLVMBuildPhi(to->builder, to->address, "");
    LLVMAddIncoming(loop.pointer, &to->pointer, &before, 1);
    to->pointer = loop.pointer;
    LLVMValueRef ends = LLVMBuildICmp(to->builder, LLVMIntEQ, load(to), byte_constant(to, 0), "");
    LLVMBuildCondBr(to->builder, ends, loop.exit, body);
    LLVMPositionBuilderAtEnd(to->builder, body);
    to->loops[to->depth++] = loop;
}

static void close_loop(Translation *to)
{
    if (to->depth == 0) fail("]", "unmatched");
    Loop loop = to->loops[--to->depth];
    LLVMBasicBlockRef end = LLVMGetInsertBlock(to->builder);
    LLVMBuildBr(to->builder, loop.head);
    LLVMAddIncoming(loop.pointer, &to->pointer, &end, 1);
    to->pointer = loop.pointer;
    LLVMPositionBuilderAtEnd(to->builder, loop.exit);
}

/// The sum of a run of two commands, one of which counts up and one down. Comments do not end a run.
static long run_sum(const char **text, char up, char down)
{
    long sum = 0;
    for (; **text; ++*text) {
        if (**text == up) sum++;
        else if (**text == down) sum--;
        else if (strchr("+-<>.,[]", **text)) break;
    }
    return sum;
}

static void translate(Translation *to, const char *text)
{
    while (*text) {
        switch (*text) {
        case '+': case '-': add(to, run_sum(&text, '+', '-')); continue;
        case '>': case '<': move(to, run_sum(&text, '>', '<')); continue;
        case '.': write_cell(to); break;
        case ',': read_cell(to); break;
        case '[': open_loop(to); break;
        case ']': close_loop(to); break;
        }
        text++;
    }
    if (to->depth) fail("[", "unmatched");
    LLVMBuildRetVoid(to->builder);
}

/// A module with a function `run`, which takes the address of the first cell.
static LLVMModuleRef build(LLVMContextRef context, const char *text)
{
    LLVMModuleRef module = LLVMModuleCreateWithNameInContext("bf", context);
    Translation to = {.context = context, .builder = LLVMCreateBuilderInContext(context)};
    to.byte = LLVMInt8TypeInContext(context);
    to.address = LLVMPointerTypeInContext(context, 0);
    LLVMTypeRef nothing = LLVMVoidTypeInContext(context);
    to.put_type = LLVMFunctionType(nothing, &to.byte, 1, 0);
    to.get_type = LLVMFunctionType(to.byte, &to.byte, 1, 0);
    to.put = LLVMAddFunction(module, "put", to.put_type);
    to.get = LLVMAddFunction(module, "get", to.get_type);
    to.function = LLVMAddFunction(module, "run", LLVMFunctionType(nothing, &to.address, 1, 0));
    to.pointer = LLVMGetParam(to.function, 0);
    to.loops = calloc(strlen(text) + 1, sizeof *to.loops);
    if (!to.loops) fail("memory", "there is too little");
    LLVMPositionBuilderAtEnd(to.builder, new_block(&to));
    translate(&to, text);
    LLVMDisposeBuilder(to.builder);
    free(to.loops);
    return module;
}

#endif
