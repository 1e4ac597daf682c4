// How long LLVM takes to make machine code of functions whose IR is in memory already.
//
//     llvm LEVEL ROUNDS FILE.bc...
//
// LEVEL 0: code generation at -O0, for IR as clang emits it unoptimised. LEVEL 2: the pipeline of -O2, and
// code generation at -O2. Prints a line for each file: its name, the IR's instructions, and the median of
// nanoseconds from IR to an object in memory. Reading the IR is not timed: a JIT would build it.
#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Core.h>
#include <llvm-c/Error.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { most_rounds = 1000 };

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "llvm: %s: %s\n", what, why ? why : "failed");
    exit(1);
}

static LLVMModuleRef read_module(LLVMContextRef context, const char *file)
{
    LLVMMemoryBufferRef text;
    LLVMModuleRef module;
    char *message = NULL;
    if (LLVMCreateMemoryBufferWithContentsOfFile(file, &text, &message)) fail(file, message);
    if (LLVMParseBitcodeInContext2(context, text, &module)) fail(file, "this LLVM cannot read the bitcode");
    LLVMDisposeMemoryBuffer(text);
    return module;
}

static int instructions(LLVMModuleRef module)
{
    int count = 0;
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function; function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block))
            for (LLVMValueRef value = LLVMGetFirstInstruction(block); value; value = LLVMGetNextInstruction(value)) count++;
    return count;
}

static double generate(LLVMTargetMachineRef machine, int level, const char *file, int *count)
{
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = read_module(context, file);
    *count = instructions(module);
    LLVMMemoryBufferRef object;
    char *message = NULL;
    double start = nanoseconds();
    if (level > 0) {
        LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
        LLVMErrorRef error = LLVMRunPasses(module, "default<O2>", machine, options);
        if (error) fail(file, LLVMGetErrorMessage(error));
        LLVMDisposePassBuilderOptions(options);
    }
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVMObjectFile, &message, &object)) fail(file, message);
    double duration = nanoseconds() - start;
    LLVMDisposeMemoryBuffer(object);
    LLVMDisposeModule(module);
    LLVMContextDispose(context);
    return duration;
}

int main(int argumentCount, char **arguments)
{
    if (argumentCount < 4) fail("usage", "llvm LEVEL ROUNDS FILE.bc...");
    int level = atoi(arguments[1]), rounds = atoi(arguments[2]);
    if (rounds < 1 || rounds > most_rounds) fail("ROUNDS", "expected 1 to 1000");
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    char *triple = LLVMGetDefaultTargetTriple(), *message = NULL;
    LLVMTargetRef target;
    if (LLVMGetTargetFromTriple(triple, &target, &message)) fail(triple, message);
    LLVMTargetMachineRef machine = LLVMCreateTargetMachine(
        target, triple, "x86-64", "", level > 0 ? LLVMCodeGenLevelDefault : LLVMCodeGenLevelNone, LLVMRelocPIC,
        LLVMCodeModelJITDefault);
    for (int file = 3; file < argumentCount; file++) {
        static double times[most_rounds];
        int count = 0;
        for (int round = 0; round < rounds; round++) times[round] = generate(machine, level, arguments[file], &count);
        qsort(times, (size_t)rounds, sizeof *times, ascending);
        printf("%s %d %.0f\n", arguments[file], count, times[rounds / 2]);
    }
    return 0;
}
