// Runs code of its own instruction set for a host that made it: under qemu's user emulation, or on a real machine at the
// other end of a pipe. It links nothing, so that a compiler and a linker are all that it takes.
//
// Commands come on standard input, answers go to standard output; numbers have 8 bytes, least significant first:
//
//     (at the start) -> pointer size, address of `call_host`, address of `fmod`
//     'L' address size bytes       code: written, then made executable
//     'W' address size bytes       data
//     'R' address size             -> bytes
//     'C' function frame code      calls `void function(frame, code)`; -> what it asks for ('H' context, 3 words;
//                                  <- status, result, the frame's floor), then 'D'
//     'Q'                          ends
#include <stddef.h>
#include <stdint.h>

#include "UopFrame.h"
#include "remainder.h"
#include "system.h"

// ---- Memory -------------------------------------------------------------------------------------

// At these addresses programs have nothing of their own, on machines of 32 bits either.
enum { CODE_BEGIN = 0x10000000, CODE_SIZE = 0x8000000, DATA_BEGIN = 0x20000000, DATA_SIZE = 0x8000000 };
enum { READ = 1, WRITE = 2, EXECUTE = 4, PAGE = 0x10000 };

void *memcpy(void *to, const void *from, size_t count)
{
    for (size_t i = 0; i < count; ++i) ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    for (size_t i = 0; i < count; ++i) ((char *)to)[i] = (char)byte;
    return to;
}

static void fail(const char *message)
{
    size_t size = 0;
    while (message[size]) ++size;
    system_write(2, message, size);
    system_exit(1);
}

/// Pages around a range of code.
static void protect(uint64_t address, uint64_t size, int protection)
{
    uint64_t begin = address & ~(uint64_t)(PAGE - 1);
    uint64_t end = (address + size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    if (begin < CODE_BEGIN || end > CODE_BEGIN + (uint64_t)CODE_SIZE) fail("harness: code lies outside of its memory\n");
    if (system_protect((uintptr_t)begin, (uintptr_t)(end - begin), protection) != 0) fail("harness: mprotect failed\n");
}

// ---- The pipe -----------------------------------------------------------------------------------

static unsigned char input[1 << 16];
static size_t inputBegin, inputEnd;
static unsigned char output[1 << 16];
static size_t outputEnd;

static void flush(void)
{
    for (size_t begin = 0; begin < outputEnd;) {
        intptr_t count = system_write(1, output + begin, outputEnd - begin);
        if (count <= 0) system_exit(1);
        begin += (size_t)count;
    }
    outputEnd = 0;
}

static void get(void *to, size_t count)
{
    unsigned char *bytes = to;
    while (count > 0) {
        if (inputBegin == inputEnd) {
            flush();
            intptr_t found = system_read(0, input, sizeof input);
            if (found <= 0) system_exit(found < 0);
            inputBegin = 0, inputEnd = (size_t)found;
        }
        size_t some = inputEnd - inputBegin < count ? inputEnd - inputBegin : count;
        memcpy(bytes, input + inputBegin, some);
        inputBegin += some, bytes += some, count -= some;
    }
}

static void put(const void *from, size_t count)
{
    const unsigned char *bytes = from;
    while (count > 0) {
        if (outputEnd == sizeof output) flush();
        size_t some = sizeof output - outputEnd < count ? sizeof output - outputEnd : count;
        memcpy(output + outputEnd, bytes, some);
        outputEnd += some, bytes += some, count -= some;
    }
}

static uint64_t getNumber(void)
{
    uint64_t number;
    get(&number, 8);
    return number;
}

static void putNumber(uint64_t number) { put(&number, 8); }
static void putByte(char byte) { put(&byte, 1); }

// ---- What code calls ----------------------------------------------------------------------------

static UopFrame *running;

/// A helper as stencils call it (UopHelperFunction): the host does it.
static int64_t call_host(void *context, const uint64_t *arguments, uint64_t *result)
{
    putByte('H');
    putNumber((uintptr_t)context);
    // The rest of a call's words may lie behind the caller's array; a helper has at most three.
    for (int i = 0; i < 3; ++i) putNumber(arguments[i]);
    int64_t status = (int64_t)getNumber();
    *result = getNumber();
    // It may have asked the run to stop.
    running->floor = (int64_t)getNumber();
    return status;
}

// ---- Commands -----------------------------------------------------------------------------------

typedef void Enter(void *frame, const void *code);

void harness(void)
{
    if (system_map(CODE_BEGIN, CODE_SIZE, READ | WRITE) != 0 || system_map(DATA_BEGIN, DATA_SIZE, READ | WRITE) != 0)
        fail("harness: mmap failed\n");
    putNumber(sizeof(void *));
    putNumber((uintptr_t)&call_host);
    putNumber((uintptr_t)&remainder_of);
    for (;;) {
        char command;
        get(&command, 1);
        switch (command) {
        case 'L': {
            uint64_t address = getNumber(), size = getNumber();
            protect(address, size, READ | WRITE);
            get((void *)(uintptr_t)address, size);
            system_clear_cache((char *)(uintptr_t)address, (char *)(uintptr_t)(address + size));
            protect(address, size, READ | EXECUTE);
            break;
        }
        case 'W': {
            uint64_t address = getNumber(), size = getNumber();
            get((void *)(uintptr_t)address, size);
            break;
        }
        case 'R': {
            uint64_t address = getNumber(), size = getNumber();
            put((void *)(uintptr_t)address, size);
            break;
        }
        case 'C': {
            uint64_t function = getNumber(), frame = getNumber(), code = getNumber();
            running = (UopFrame *)(uintptr_t)frame;
            ((Enter *)(uintptr_t)function)((void *)(uintptr_t)frame, (const void *)(uintptr_t)code);
            putByte('D');
            break;
        }
        case 'Q': flush(); system_exit(0); break;
        default: fail("harness: there is no such command\n");
        }
    }
}
