#include "CRuntimeShims.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// gdb knows these names and layouts, and stops at the function: "JIT Compilation Interface" in its manual. They are
// weak because another JIT in the process (LLVM's) may define them, too: then all share one list.

typedef struct Entry {
    struct Entry *next, *previous;
    const char *object;
    uint64_t byteCount;
} Entry;

typedef enum { NO_ACTION, REGISTER, UNREGISTER } Action;

typedef struct {
    uint32_t version;
    uint32_t action;
    Entry *relevant;
    Entry *first;
} Descriptor;

__attribute__((weak, used)) Descriptor __jit_debug_descriptor = {1, NO_ACTION, NULL, NULL};

__attribute__((weak, used, noinline)) void __jit_debug_register_code(void) {
    // Not to be optimised away, nor its calls.
    __asm__ volatile("" ::: "memory");
}

// Systems have no lock in common; this one is held for a few instructions, unless a debugger looks.
static atomic_flag isLocked = ATOMIC_FLAG_INIT;

static void lock(void) {
    while (atomic_flag_test_and_set_explicit(&isLocked, memory_order_acquire)) {}
}

static void unlock(void) { atomic_flag_clear_explicit(&isLocked, memory_order_release); }

static void tell(Action action, Entry *entry) {
    __jit_debug_descriptor.action = action;
    __jit_debug_descriptor.relevant = entry;
    __jit_debug_register_code();
    __jit_debug_descriptor.action = NO_ACTION;
    __jit_debug_descriptor.relevant = NULL;
}

void *uop_show_debugger(const void *object, size_t byteCount) {
    Entry *entry = malloc(sizeof(Entry) + byteCount);
    if (!entry) return NULL;
    memcpy(entry + 1, object, byteCount);
    entry->object = (const char *)(entry + 1);
    entry->byteCount = byteCount;
    entry->previous = NULL;
    lock();
    entry->next = __jit_debug_descriptor.first;
    if (entry->next) entry->next->previous = entry;
    __jit_debug_descriptor.first = entry;
    tell(REGISTER, entry);
    unlock();
    return entry;
}

void uop_hide_from_debugger(void *shown) {
    Entry *entry = shown;
    lock();
    if (entry->previous) entry->previous->next = entry->next;
    else __jit_debug_descriptor.first = entry->next;
    if (entry->next) entry->next->previous = entry->previous;
    tell(UNREGISTER, entry);
    unlock();
    free(entry);
}

__attribute__((noinline)) void uop_enter_visibly(
    void (*enter)(void *frame, const void *entry), void *frame, const void *entry, uint64_t **hostStack) {
#if defined(__x86_64__) && !defined(_WIN32)
    // Asking for its address makes the function have a frame pointer: it is unwound from that, wherever the stack
    // pointer is.
    __asm__ volatile("" ::"r"(__builtin_frame_address(0)));
    // r12 has the frame before anything of ours runs, and until all of it has: code is unwound from that. All that
    // callees save is saved by this function, which is the first with a description of where; but for the frame
    // pointer, which is at the top of the stack. Below the stack pointer the function may keep values of its own (the
    // red zone).
    __asm__ volatile(
        "movq %%rsp, %%rbx\n\t"
        "subq $144, %%rsp\n\t"
        "andq $-16, %%rsp\n\t"
        "movq %%rbp, (%%rsp)\n\t"
        "movq %%rsp, (%[stack])\n\t"
        "movq %%rdi, %%r12\n\t"
        "callq *%[enter]\n\t"
        "movq %%rbx, %%rsp"
        : "+D"(frame), "+S"(entry), [enter] "+a"(enter), [stack] "+d"(hostStack)
        :
        : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
          "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
#else
    (void)hostStack;
    enter(frame, entry);
#endif
}
