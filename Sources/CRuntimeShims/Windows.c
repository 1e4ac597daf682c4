// Windows. There is no fork, and memory is not mapped twice: code is written to pages of its own, which are made executable.
#if defined(_WIN32)
#include "Faults.h"

#include <errno.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#ifndef ERROR_DYNAMIC_CODE_BLOCKED
#define ERROR_DYNAMIC_CODE_BLOCKED 1655L
#endif

// ---------------------------------------------------------------------------------------------
// Memory
// ---------------------------------------------------------------------------------------------

static DWORD bits(UopProtection protection) { return protection == UOP_READ_WRITE ? PAGE_READWRITE : PAGE_EXECUTE_READ; }

/// The last error of this thread as the errno value that says the same.
static int lastError(void) {
    switch (GetLastError()) {
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT: return ENOMEM;
    case ERROR_ACCESS_DENIED: return EACCES;
    // The policy "arbitrary code guard" of the process.
    case ERROR_DYNAMIC_CODE_BLOCKED: return EPERM;
    default: return EINVAL;
    }
}

int uop_map(size_t byteCount, UopProtection protection, int descriptor, void **address) {
    RETURN_IF_FAULT(UOP_CALL_MMAP);
    if (descriptor != UOP_ANONYMOUS) return ENOSYS;
    void *mapped = VirtualAlloc(NULL, byteCount, MEM_RESERVE | MEM_COMMIT, bits(protection));
    if (!mapped) return lastError();
    *address = mapped;
    return 0;
}

int uop_unmap(void *address, size_t byteCount) {
    (void)byteCount;
    RETURN_IF_FAULT(UOP_CALL_MUNMAP);
    return VirtualFree(address, 0, MEM_RELEASE) ? 0 : lastError();
}

int uop_protect(void *address, size_t byteCount, UopProtection protection) {
    RETURN_IF_FAULT(UOP_CALL_MPROTECT);
    DWORD before;
    if (!VirtualProtect(address, byteCount, bits(protection), &before)) return lastError();
    // Processors other than x86 may still have what was there as instructions.
    if (protection == UOP_READ_EXECUTE) FlushInstructionCache(GetCurrentProcess(), address, byteCount);
    return 0;
}

int uop_map_switched(size_t byteCount, void **address) {
    (void)byteCount, (void)address;
    return ENOSYS;
}

void uop_begin_write(void *address, size_t byteCount) { (void)address, (void)byteCount; }
void uop_end_write(void *address, size_t byteCount) { (void)address, (void)byteCount; }
void uop_emulate_switching(int isOn) { (void)isOn; }

int uop_create_memory_file(int *descriptor) {
    RETURN_IF_FAULT(UOP_CALL_MEMFD_CREATE);
    (void)descriptor;
    return ENOSYS;
}

int uop_resize_file(int descriptor, size_t byteCount) {
    RETURN_IF_FAULT(UOP_CALL_FTRUNCATE);
    (void)descriptor, (void)byteCount;
    return ENOSYS;
}

void uop_close(int descriptor) { (void)descriptor; }

int uop_do_not_inherit(void *address, size_t byteCount) {
    RETURN_IF_FAULT(UOP_CALL_MADVISE);
    (void)address, (void)byteCount;
    return 0;
}

void uop_will_write(void *address, size_t byteCount) { (void)address, (void)byteCount; }

size_t uop_page_size(void) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

void uop_clear_cache(void *begin, void *end) {
    FlushInstructionCache(GetCurrentProcess(), begin, (size_t)((char *)end - (char *)begin));
}

// ---------------------------------------------------------------------------------------------
// Fork
// ---------------------------------------------------------------------------------------------

_Atomic uint64_t uop_fork_word;

int uop_observe_forks(void) {
    RETURN_IF_FAULT(UOP_CALL_PTHREAD_ATFORK);
    return 0;
}

uint64_t uop_process_identity(void) { return GetCurrentProcessId(); }

// ---------------------------------------------------------------------------------------------
// Time
// ---------------------------------------------------------------------------------------------

uint64_t uop_monotonic_nanoseconds(void) {
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    uint64_t ticks = (uint64_t)count.QuadPart, second = (uint64_t)frequency.QuadPart;
    return ticks / second * 1000000000 + ticks % second * 1000000000 / second;
}
#endif
