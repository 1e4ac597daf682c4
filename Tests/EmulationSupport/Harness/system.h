// What the harness asks of the system, without a C library: the calls that it makes, and where it begins.
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)

// Declared here: the few functions of kernel32 that are needed, by Microsoft's reference.
#define KERNEL32(result) __attribute__((dllimport)) result
KERNEL32(void *) GetStdHandle(uint32_t which);
KERNEL32(int) ReadFile(void *file, void *to, uint32_t count, uint32_t *found, void *overlapped);
KERNEL32(int) WriteFile(void *file, const void *from, uint32_t count, uint32_t *written, void *overlapped);
KERNEL32(void) ExitProcess(uint32_t status);
KERNEL32(void *) VirtualAlloc(void *address, size_t size, uint32_t type, uint32_t protection);
KERNEL32(int) VirtualProtect(void *address, size_t size, uint32_t protection, uint32_t *before);

void harness(void);
void mainCRTStartup(void) { harness(); }

/// STD_INPUT_HANDLE and those behind it.
static inline void *system_file(int file) { return GetStdHandle((uint32_t)(-10 - file)); }

/// PAGE_READWRITE, PAGE_EXECUTE_READ.
static inline uint32_t system_protection(int protection) { return protection & 4 ? 0x20 : 0x04; }

static inline intptr_t system_read(int file, void *to, size_t count)
{
    uint32_t found = 0;
    // Where the pipe's other end is closed there is an error, and not nothing.
    return ReadFile(system_file(file), to, (uint32_t)count, &found, 0) ? (intptr_t)found : 0;
}

static inline intptr_t system_write(int file, const void *from, size_t count)
{
    uint32_t written = 0;
    return WriteFile(system_file(file), from, (uint32_t)count, &written, 0) ? (intptr_t)written : -1;
}

static inline void system_exit(int status)
{
    for (;;) ExitProcess((uint32_t)status);
}

/// MEM_RESERVE and MEM_COMMIT.
static inline int system_map(uintptr_t address, size_t size, int protection)
{
    return VirtualAlloc((void *)address, size, 0x3000, system_protection(protection)) != (void *)address;
}

static inline int system_protect(uintptr_t address, size_t size, int protection)
{
    uint32_t before;
    return !VirtualProtect((void *)address, size, system_protection(protection), &before);
}

static inline void system_clear_cache(char *begin, char *end) { (void)begin, (void)end; }

#else
#if defined(__aarch64__)

enum { NUMBER_READ = 63, NUMBER_WRITE = 64, NUMBER_EXIT = 93, NUMBER_MMAP = 222, NUMBER_MPROTECT = 226 };
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tbl harness\n\tbrk #0\n");

static inline intptr_t system_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
    register uintptr_t x8 __asm__("x8") = (uintptr_t)number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                          x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return (intptr_t)x0;
}

static inline void system_clear_cache(char *begin, char *end)
{
    // The smallest lines that there are.
    for (char *line = (char *)((uintptr_t)begin & ~(uintptr_t)15); line < end; line += 16) __asm__ volatile("dc cvau, %0" : : "r"(line) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    for (char *line = (char *)((uintptr_t)begin & ~(uintptr_t)15); line < end; line += 16) __asm__ volatile("ic ivau, %0" : : "r"(line) : "memory");
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

#elif defined(__riscv)

enum { NUMBER_READ = 63, NUMBER_WRITE = 64, NUMBER_EXIT = 93, NUMBER_MMAP = 222, NUMBER_MPROTECT = 226 };
__asm__(".globl _start\n_start:\n\tli ra, 0\n\tandi sp, sp, -16\n\tcall harness\n\tebreak\n");

static inline intptr_t system_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
    register uintptr_t a7 __asm__("a7") = (uintptr_t)number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
                          a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return (intptr_t)a0;
}

static inline void system_clear_cache(char *begin, char *end)
{
    (void)begin, (void)end;
    __asm__ volatile("fence.i" : : : "memory");
}

#elif defined(__powerpc64__)

enum { NUMBER_READ = 3, NUMBER_WRITE = 4, NUMBER_EXIT = 1, NUMBER_MMAP = 90, NUMBER_MPROTECT = 125 };
__asm__(".globl _start\n_start:\n\tstdu 1, -64(1)\n\tbl harness@notoc\n\ttrap\n");

static inline intptr_t system_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
    register uintptr_t r0 __asm__("r0") = (uintptr_t)number, r3 __asm__("r3") = a, r4 __asm__("r4") = b, r5 __asm__("r5") = c,
                          r6 __asm__("r6") = d, r7 __asm__("r7") = e, r8 __asm__("r8") = f;
    // A failure is a bit of the condition register.
    __asm__ volatile("sc\n\tbns+ 1f\n\tneg %0, %0\n1:"
                     : "+r"(r3), "+r"(r0), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                     :
                     : "memory", "cr0", "r9", "r10", "r11", "r12", "ctr");
    return (intptr_t)r3;
}

static inline void system_clear_cache(char *begin, char *end)
{
    for (char *line = (char *)((uintptr_t)begin & ~(uintptr_t)15); line < end; line += 16) __asm__ volatile("dcbst 0, %0" : : "r"(line) : "memory");
    __asm__ volatile("sync" : : : "memory");
    for (char *line = (char *)((uintptr_t)begin & ~(uintptr_t)15); line < end; line += 16) __asm__ volatile("icbi 0, %0" : : "r"(line) : "memory");
    __asm__ volatile("sync\n\tisync" : : : "memory");
}

#elif defined(__i386__)

enum { NUMBER_READ = 3, NUMBER_WRITE = 4, NUMBER_EXIT = 1, NUMBER_MMAP = 192, NUMBER_MPROTECT = 125 };
__asm__(".globl _start\n_start:\n\txorl %ebp, %ebp\n\tandl $-16, %esp\n\tcall harness\n\tud2\n");

static inline intptr_t system_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
    // The sixth word goes in ebp, which is not ours; only mmap has it, and it is 0 there.
    intptr_t result;
    (void)f;
    __asm__ volatile("pushl %%ebp\n\txorl %%ebp, %%ebp\n\tint $0x80\n\tpopl %%ebp"
                     : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return result;
}

static inline void system_clear_cache(char *begin, char *end) { (void)begin, (void)end; }

#elif defined(__x86_64__)

enum { NUMBER_READ = 0, NUMBER_WRITE = 1, NUMBER_EXIT = 60, NUMBER_MMAP = 9, NUMBER_MPROTECT = 10 };
__asm__(".globl _start\n_start:\n\txorl %ebp, %ebp\n\tandq $-16, %rsp\n\tcall harness\n\tud2\n");

static inline intptr_t system_call(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
    register uintptr_t r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    intptr_t result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

static inline void system_clear_cache(char *begin, char *end) { (void)begin, (void)end; }

#else
#error "There is no such harness: add the system calls of this instruction set."
#endif

static inline intptr_t system_read(int file, void *to, size_t count)
{
    return system_call(NUMBER_READ, (uintptr_t)file, (uintptr_t)to, count, 0, 0, 0);
}

static inline intptr_t system_write(int file, const void *from, size_t count)
{
    return system_call(NUMBER_WRITE, (uintptr_t)file, (uintptr_t)from, count, 0, 0, 0);
}

static inline void system_exit(int status)
{
    for (;;) system_call(NUMBER_EXIT, (uintptr_t)status, 0, 0, 0, 0, 0);
}

/// Fresh memory at an address where nothing is: MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS. 0 where it worked.
static inline int system_map(uintptr_t address, size_t size, int protection)
{
    return system_call(NUMBER_MMAP, address, size, (uintptr_t)protection, 0x32, (uintptr_t)-1, 0) != (intptr_t)address;
}

static inline int system_protect(uintptr_t address, size_t size, int protection)
{
    return (int)system_call(NUMBER_MPROTECT, address, size, (uintptr_t)protection, 0, 0, 0);
}
#endif

#endif
