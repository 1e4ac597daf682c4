// BF by LLVM's JIT, through its C interface: text to IR with runs of one command folded, IR to machine code, run.
//
//     bf-llvm [--time] LEVEL FILE.b
//
// LEVEL 0: code generation at -O0. LEVEL 3: the pipeline of -O3, and code generation at -O3. With --time, where the
// time goes is told on standard error.
#include "bf-ir.h"

#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static void check(LLVMErrorRef error, const char *what)
{
    if (error) fail(what, LLVMGetErrorMessage(error));
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/// For this processor, as LLJIT has it if nothing is said.
static LLVMTargetMachineRef target_machine(int level)
{
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    char *triple = LLVMGetDefaultTargetTriple(), *message = NULL;
    LLVMTargetRef target;
    if (LLVMGetTargetFromTriple(triple, &target, &message)) fail(triple, message);
    return LLVMCreateTargetMachine(
        target, triple, LLVMGetHostCPUName(), LLVMGetHostCPUFeatures(),
        level ? LLVMCodeGenLevelAggressive : LLVMCodeGenLevelNone, LLVMRelocDefault, LLVMCodeModelJITDefault);
}

static void optimise(LLVMModuleRef module, LLVMTargetMachineRef machine)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    check(LLVMRunPasses(module, "default<O3>", machine, options), "optimising");
    LLVMDisposePassBuilderOptions(options);
}

/// A JIT that knows the functions `put` and `get`. Takes over the target machine.
static LLVMOrcLLJITRef new_jit(LLVMTargetMachineRef machine)
{
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(
        builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(machine));
    LLVMOrcLLJITRef jit;
    check(LLVMOrcCreateLLJIT(&jit, builder), "LLJIT");
    LLVMJITSymbolFlags flags = {LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable, 0};
    LLVMOrcCSymbolMapPair helpers[] = {
        {LLVMOrcLLJITMangleAndIntern(jit, "put"), {(uintptr_t)put, flags}},
        {LLVMOrcLLJITMangleAndIntern(jit, "get"), {(uintptr_t)get, flags}},
    };
    check(LLVMOrcJITDylibDefine(LLVMOrcLLJITGetMainJITDylib(jit), LLVMOrcAbsoluteSymbols(helpers, 2)), "put and get");
    return jit;
}

int main(int argumentCount, char **arguments)
{
    int timed = argumentCount > 1 && !strcmp(arguments[1], "--time");
    if (argumentCount != 3 + timed) fail("usage", "bf-llvm [--time] LEVEL FILE.b");
    int level = atoi(arguments[1 + timed]);
    char *text = read_program(arguments[2 + timed]);

    double start = milliseconds();
    LLVMOrcThreadSafeContextRef context = LLVMOrcCreateNewThreadSafeContext();
    LLVMModuleRef module = build(LLVMOrcThreadSafeContextGetContext(context), text);
    double built = milliseconds();

    LLVMTargetMachineRef machine = target_machine(level);
    if (level) optimise(module, machine);
    double optimised = milliseconds();

    LLVMOrcLLJITRef jit = new_jit(machine);
    LLVMOrcExecutorAddress address;
    LLVMOrcThreadSafeModuleRef owned = LLVMOrcCreateNewThreadSafeModule(module, context);
    check(LLVMOrcLLJITAddLLVMIRModule(jit, LLVMOrcLLJITGetMainJITDylib(jit), owned), "the module");
    check(LLVMOrcLLJITLookup(jit, &address, "run"), "run");
    double compiled = milliseconds();

    ((void (*)(unsigned char *))(uintptr_t)address)(tape + cells_left);
    flush();
    if (timed)
        fprintf(stderr, "IR %.2f ms, optimising %.2f ms, compiling %.2f ms, running %.2f ms\n", built - start,
            optimised - built, compiled - optimised, milliseconds() - compiled);
    return 0;
}
