// Linux, macOS and their like.
#if !defined(_WIN32)
#if defined(__linux__)
#define _GNU_SOURCE  // memfd_create
#endif
#include "Faults.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U  // Linux 6.3; the C library's header may be older
#endif

// ---------------------------------------------------------------------------------------------
// Memory
// ---------------------------------------------------------------------------------------------

static int bits(UopProtection protection) {
    return protection == UOP_READ_WRITE ? PROT_READ | PROT_WRITE : PROT_READ | PROT_EXEC;
}

int uop_map(size_t byteCount, UopProtection protection, int descriptor, void **address) {
    RETURN_IF_FAULT(UOP_CALL_MMAP);
    int flags = descriptor == UOP_ANONYMOUS ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *mapped = mmap(NULL, byteCount, bits(protection), flags, descriptor, 0);
    if (mapped == MAP_FAILED) return errno;
    *address = mapped;
    return 0;
}

int uop_unmap(void *address, size_t byteCount) {
    RETURN_IF_FAULT(UOP_CALL_MUNMAP);
    return munmap(address, byteCount) ? errno : 0;
}

int uop_protect(void *address, size_t byteCount, UopProtection protection) {
    RETURN_IF_FAULT(UOP_CALL_MPROTECT);
    return mprotect(address, byteCount, bits(protection)) ? errno : 0;
}

#if defined(__APPLE__) && defined(__aarch64__)
// Every thread has such memory either writable or executable, and says which: pthread_jit_write_protect_np(3). The pages
// themselves allow both, which the system grants for no other memory.
static _Thread_local uint32_t openWrites;

int uop_map_switched(size_t byteCount, void **address) {
    RETURN_IF_FAULT(UOP_CALL_MMAP);
    if (!pthread_jit_write_protect_supported_np()) return ENOSYS;
    void *mapped = mmap(NULL, byteCount, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_JIT, -1, 0);
    if (mapped == MAP_FAILED) return errno;
    *address = mapped;
    return 0;
}

void uop_begin_write(void *address, size_t byteCount) {
    (void)address, (void)byteCount;
    if (openWrites++ == 0) pthread_jit_write_protect_np(0);
}

void uop_end_write(void *address, size_t byteCount) {
    (void)address, (void)byteCount;
    if (--openWrites == 0) pthread_jit_write_protect_np(1);
}

void uop_emulate_switching(int isOn) { (void)isOn; }
#else
// Systems that switch nothing by thread. Where tests ask, whole mappings are switched instead, for all threads.
static _Thread_local int emulatesSwitching;
static _Thread_local uint32_t openWrites;

void uop_emulate_switching(int isOn) { emulatesSwitching = isOn; }

int uop_map_switched(size_t byteCount, void **address) {
    if (!emulatesSwitching) return ENOSYS;
    return uop_map(byteCount, UOP_READ_EXECUTE, UOP_ANONYMOUS, address);
}

void uop_begin_write(void *address, size_t byteCount) {
    if (openWrites++ == 0 && mprotect(address, byteCount, PROT_READ | PROT_WRITE)) abort();
}

void uop_end_write(void *address, size_t byteCount) {
    if (--openWrites == 0 && mprotect(address, byteCount, PROT_READ | PROT_EXEC)) abort();
}
#endif

int uop_create_memory_file(int *descriptor) {
    RETURN_IF_FAULT(UOP_CALL_MEMFD_CREATE);
#if defined(__linux__)
    // Without MFD_EXEC newer kernels warn or, as configured, refuse; older ones do not know it.
    int made = memfd_create("uopjit-code", MFD_CLOEXEC | MFD_EXEC);
    if (made < 0 && errno == EINVAL) made = memfd_create("uopjit-code", MFD_CLOEXEC);
    if (made < 0) return errno;
    *descriptor = made;
    return 0;
#else
    (void)descriptor;
    return ENOSYS;
#endif
}

int uop_resize_file(int descriptor, size_t byteCount) {
    RETURN_IF_FAULT(UOP_CALL_FTRUNCATE);
    return ftruncate(descriptor, (off_t)byteCount) ? errno : 0;
}

void uop_close(int descriptor) { close(descriptor); }

int uop_do_not_inherit(void *address, size_t byteCount) {
    RETURN_IF_FAULT(UOP_CALL_MADVISE);
#if defined(MADV_DONTFORK)
    return madvise(address, byteCount, MADV_DONTFORK) ? errno : 0;
#else
    (void)address, (void)byteCount;
    return ENOSYS;
#endif
}

void uop_will_write(void *address, size_t byteCount) {
#if defined(MADV_POPULATE_WRITE)
    uintptr_t page = uop_page_size();
    uintptr_t begin = (uintptr_t)address & ~(page - 1);
    madvise((void *)begin, (uintptr_t)address + byteCount - begin, MADV_POPULATE_WRITE);
#else
    (void)address, (void)byteCount;
#endif
}

size_t uop_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

void uop_clear_cache(void *begin, void *end) { __builtin___clear_cache(begin, end); }

// ---------------------------------------------------------------------------------------------
// Fork
// ---------------------------------------------------------------------------------------------

_Atomic uint64_t uop_fork_word;
static _Atomic int observing;
// How many forks lie between the first ancestor and this process.
static _Atomic uint32_t lineage;

// Before the fork: whoever looks from now on sees that a child may come to share its code.
static void prepare(void) { atomic_fetch_add(&uop_fork_word, UOP_FORK_BEGUN + 1); }

static void continueParent(void) { atomic_fetch_sub(&uop_fork_word, 1); }

// Only the forking thread exists in the child: other threads' forks are not under way here.
static void continueChild(void) {
    atomic_fetch_and(&uop_fork_word, ~(uint64_t)UOP_FORKS_IN_PROGRESS);
    atomic_fetch_add(&lineage, 1);
}

int uop_observe_forks(void) {
    RETURN_IF_FAULT(UOP_CALL_PTHREAD_ATFORK);
    if (atomic_load(&observing)) return 0;
    // Two threads may both register: counting twice does no harm.
    int error = pthread_atfork(prepare, continueParent, continueChild);
    if (error == 0) atomic_store(&observing, 1);
    return error;
}

// Early, so that no fork can be half done when the first code is made. What fails here is
// reported by the call that precedes every chunk.
__attribute__((constructor)) static void observeEarly(void) { (void)uop_observe_forks(); }

uint64_t uop_process_identity(void) {
    return (uint64_t)atomic_load(&lineage) << 32 | (uint32_t)getpid();
}

// ---------------------------------------------------------------------------------------------
// Time
// ---------------------------------------------------------------------------------------------

uint64_t uop_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
#endif
