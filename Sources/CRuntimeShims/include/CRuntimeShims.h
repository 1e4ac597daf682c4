// The runtime's only way to the C library and to the operating system.
//
// Calls return 0 or an errno value, so that no caller reads thread-local `errno`.
#ifndef C_RUNTIME_SHIMS_H
#define C_RUNTIME_SHIMS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

// ---------------------------------------------------------------------------------------------
// Memory
// ---------------------------------------------------------------------------------------------

/// What a mapping allows. There is no "write and execute".
typedef enum __attribute__((enum_extensibility(closed))) UopProtection : uint8_t {
    UOP_READ_WRITE,
    UOP_READ_EXECUTE,
} UopProtection;

/// The descriptor that stands for fresh anonymous memory in `uop_map`.
enum { UOP_ANONYMOUS = -1 };

/// mmap at an address of the system's choice: of a descriptor's memory (shared), or anonymous (private).
int uop_map(size_t byteCount, UopProtection protection, int descriptor, void **address);
int uop_unmap(void *address, size_t byteCount);
int uop_protect(void *address, size_t byteCount, UopProtection protection);
/// An anonymous file; ENOSYS on systems that have none.
int uop_create_memory_file(int *descriptor);
int uop_resize_file(int descriptor, size_t byteCount);
void uop_close(int descriptor);
/// Leaves the mapping out of children that fork makes.
int uop_do_not_inherit(void *address, size_t byteCount);
/// Fresh memory that a thread can either write or execute: it executes, but between `uop_begin_write` and `uop_end_write` of
/// any of it, which may nest. ENOSYS on systems that have none.
int uop_map_switched(size_t byteCount, void **address);
/// The address and size are those of a whole mapping.
void uop_begin_write(void *address, size_t byteCount);
void uop_end_write(void *address, size_t byteCount);
/// Provides the pages at once that will be written soon, where the system can: a fault for each costs some microseconds.
void uop_will_write(void *address, size_t byteCount);
size_t uop_page_size(void);
/// Makes what was stored visible to instruction fetches at these addresses.
void uop_clear_cache(void *begin, void *end);
/// "ENOMEM" and the like; "errno" for one that is not expected here.
const char *uop_error_name(int error);
/// 1 for the errors by which a system says that memory must not be executed: EACCES and EPERM.
int uop_is_refusal(int error);

// ---------------------------------------------------------------------------------------------
// Time
// ---------------------------------------------------------------------------------------------

/// Nanoseconds of a clock that is never set.
uint64_t uop_monotonic_nanoseconds(void);

// ---------------------------------------------------------------------------------------------
// Fork
// ---------------------------------------------------------------------------------------------

enum { UOP_FORKS_IN_PROGRESS = 0xffff, UOP_FORK_BEGUN = 0x10000 };

/// How many forks have begun (from bit 16 up), and how many are under way (the bits below).
extern _Atomic uint64_t uop_fork_word;

/// Begins to count forks; every further call does nothing.
int uop_observe_forks(void);

static inline uint64_t uop_fork_state(void) {
    return atomic_load_explicit(&uop_fork_word, memory_order_acquire);
}

/// A number that tells this process from its ancestors, even if the system reuses a process id.
uint64_t uop_process_identity(void);

// ---------------------------------------------------------------------------------------------
// Debuggers
// ---------------------------------------------------------------------------------------------

/// Tells gdb of an object in memory, which describes code that was made at run time. The bytes are copied.
///
/// Returns what takes it back; NULL where there is no memory. See "JIT Compilation Interface" in gdb's manual.
void *uop_show_debugger(const void *object, size_t byteCount);
void uop_hide_from_debugger(void *shown);

/// Calls `enter(frame, entry)` with the frame in the register of stencils (r12) already. It stores its stack pointer as
/// it is at the call; the word there is its frame pointer. Whatever is called can be unwound from that.
void uop_enter_visibly(
    void (*enter)(void *frame, const void *entry), void *frame, const void *entry, uint64_t **hostStack);

// ---------------------------------------------------------------------------------------------
// Faults for tests
// ---------------------------------------------------------------------------------------------

typedef enum __attribute__((enum_extensibility(closed))) UopSystemCall : uint8_t {
    UOP_CALL_MMAP,
    UOP_CALL_MUNMAP,
    UOP_CALL_MPROTECT,
    UOP_CALL_MEMFD_CREATE,
    UOP_CALL_FTRUNCATE,
    UOP_CALL_MADVISE,
    UOP_CALL_PTHREAD_ATFORK,
} UopSystemCall;

enum { UOP_CALL_COUNT = UOP_CALL_PTHREAD_ATFORK + 1 };

/// Makes the `nth` call from now (1 is the next) that this thread makes fail with `error`,
/// once. 0 takes the order back.
void uop_fail_call(UopSystemCall call, uint32_t nth, int error);
/// For tests: whether `uop_map_switched` gives this thread memory that is switched for all threads, where the system has
/// no other. Nesting is for writes of one mapping only then.
void uop_emulate_switching(int isOn);
/// How many calls are still to come before the ordered failure, itself included; 0: none is due.
uint32_t uop_pending_failure(UopSystemCall call);

#endif
