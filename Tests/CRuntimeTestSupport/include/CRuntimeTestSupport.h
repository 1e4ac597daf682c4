// What the runtime's tests need of the system, and Swift cannot say: fork, calls into made code,
// and the process as /proc shows it (Linux).
#ifndef C_RUNTIME_TEST_SUPPORT_H
#define C_RUNTIME_TEST_SUPPORT_H

#include <stdint.h>

/// The process's memory, by /proc/self/maps.
typedef struct TestMappings {
    int64_t code;                 // mappings of the runtime's memory files, and other executable ones of no file
    int64_t writableCode;         // mappings of the runtime's memory files to write
    int64_t writableExecutable;   // mappings that are both
    int64_t accessibleBytes;      // all bytes that can be read, written or executed
} TestMappings;

TestMappings test_mappings(void);
/// Open descriptors of the runtime's memory files, by /proc/self/fd.
int64_t test_descriptors(void);
/// Maps the page of `address`, where nothing may be, and stores a number in it.
void test_occupy(void *address);
/// Whether that page still has the number; faults if it is gone.
int32_t test_is_occupied(void *address);

/// Calls `int32_t (void)` at `code`.
int32_t test_call(const void *code);

/// Forks. The child runs `child(context)` and exits with its result, or by SIGALRM after 20 seconds.
int32_t test_fork(int32_t (*child)(void *context), void *context);
/// What forks call between the runtime's handlers: before the process is copied, and after it in the parent.
void test_set_fork_hooks(void (*before)(void *context), void (*after)(void *context), void *context);
/// Waits for a child; returns its exit status, or minus the signal that ended it.
int32_t test_wait(int32_t child);

/// A pipe on which one process tells the other to go on.
typedef struct TestGate {
    int32_t descriptors[2];
} TestGate;
TestGate test_gate(void);
void test_open_gate(TestGate gate);
void test_pass_gate(TestGate gate);

/// A clock in nanoseconds.
uint64_t test_nanoseconds(void);

/// Addresses that threads and forked children read while another thread changes them.
/// A prime, so that reused memory does not get the code of the same slot again.
enum { TEST_SLOT_COUNT = 61 };
void test_store_slot(int32_t slot, const void *code);
const void *test_load_slot(int32_t slot);
/// 0 if the code of each slot returns the slot's number, `*rounds` (int32_t) times over; else 1. For a child, which
/// finds Swift's runtime as other threads left it.
int32_t test_call_slots(void *rounds);
/// A number that one thread sets to tell another.
void test_store_signal(int32_t value);
int32_t test_load_signal(void);

/// Calls `void (*enter)(void *frame, const void *code)` with a number of its own in every register that the
/// C convention asks callees to keep, and tells which are lost: a bit each, 0 for none. -1 where the
/// machine is none that this is written for.
int32_t test_call_checked(const void *enter, void *frame, const void *code);
/// The same in Microsoft's convention for x86-64.
int32_t test_microsoft_call_checked(const void *enter, void *frame, const void *code);
/// A helper of traces: fails with status 1 unless the stack is aligned as the C convention asks.
int64_t test_check_alignment(void *context, const uint64_t *arguments, uint64_t *result);

/// A helper of traces: the result is three times its argument and 1, the status is `context`.
int64_t test_helper(void *context, const uint64_t *arguments, uint64_t *result);
/// A function of one float64: its half and 1.
const void *test_halve(void);
/// The same, and fmod, in Microsoft's convention for x86-64: they write to the 32 bytes that callers leave for them, and
/// answer -77 where the stack is not aligned. NULL where the machine has no such convention, as below.
const void *test_microsoft_helper(void);
const void *test_microsoft_fmod(void);
const void *test_microsoft_halve(void);
/// Calls `void (*enter)(void *frame, const void *code)` in that convention; 0 where it is not there.
int32_t test_microsoft_enter(const void *enter, void *frame, const void *code);
/// Calls code with the four words in the registers that preserve_none passes first (three integer ones, one float), and gives
/// them back. Returns what the code leaves in eax.
int32_t test_run_golden(const void *code, uint64_t *registers);

/// How the host of a test takes SIGSEGV.
typedef enum TestHandler {
    TEST_HANDLER_DEFAULT,
    TEST_HANDLER_IGNORE,
    TEST_HANDLER_PLAIN,
    TEST_HANDLER_WITH_INFORMATION,
    TEST_HANDLER_ONCE,
} TestHandler;
/// Installs a handler for SIGSEGV that counts, and makes the page accessible that `test_fault` accesses.
void test_install_handler(TestHandler handler);
/// Accesses a page that cannot be accessed; returns how often the handler was called until now.
int32_t test_fault(void);
/// Sends SIGSEGV to this thread; returns how often the handler was called until now.
int32_t test_send_fault(void);
/// Blocks SIGSEGV on this thread.
void test_block_faults(void);
/// Whether this thread blocks SIGSEGV.
int32_t test_blocks_faults(void);
/// Gives this thread a stack for signals.
void test_use_signal_stack(void);
/// Whether this thread still has it; -1 where it has none at all.
int32_t test_has_signal_stack(void);

/// Runs `body(context, index)` in `count` threads of their own, and waits for them.
void test_in_threads(int32_t count, void (*body)(void *context, int32_t index), void *context);

#endif
