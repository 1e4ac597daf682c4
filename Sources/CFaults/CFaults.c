#define _GNU_SOURCE
#include "CFaults.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if (defined(__linux__) || defined(__APPLE__)) && (defined(__x86_64__) || defined(__aarch64__))
#define CAN_TAKE_FAULTS 1
#include <sys/ucontext.h>
#endif

int uop_can_take_faults(void) {
#ifdef CAN_TAKE_FAULTS
    return 1;
#else
    return 0;
#endif
}

#ifdef CAN_TAKE_FAULTS

// A handler may look at this at any instant: it is set to a scope that is complete, and to the outer one before that goes.
static _Thread_local UopFaultScope *volatile innermost;

/// The signals by which systems tell of such accesses, and who was told before.
static const int signals[] = {SIGSEGV, SIGBUS};
enum { SIGNAL_COUNT = sizeof signals / sizeof *signals };
static struct sigaction earlier[SIGNAL_COUNT];

static uint64_t *program_counter(void *context) {
    ucontext_t *state = context;
#if defined(__linux__) && defined(__x86_64__)
    return (uint64_t *)&state->uc_mcontext.gregs[REG_RIP];
#elif defined(__linux__)
    return (uint64_t *)&state->uc_mcontext.pc;
#elif defined(__x86_64__)
    return (uint64_t *)&state->uc_mcontext->__ss.__rip;
#else
    return (uint64_t *)&state->uc_mcontext->__ss.__pc;
#endif
}

/// Whether somebody sent the signal, so that returning does not bring it again.
static int is_sent(siginfo_t *information) { return information && information->si_code <= 0; }

/// What would have happened without a handler of ours, where none was before: the process ends. A fault cannot be ignored.
static void do_as_usual(int number, siginfo_t *information, struct sigaction action) {
    if (is_sent(information) && action.sa_handler == SIG_IGN) return;
    // The instruction is executed again when this returns, and faults again; a signal that somebody sent is sent again.
    struct sigaction usual;
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    sigaction(number, &usual, NULL);
    if (is_sent(information)) raise(number);
}

/// A fault that is none of ours: what would have happened without us happens.
static void pass_on(int number, siginfo_t *information, void *context) {
    int index = 0;
    while (index < SIGNAL_COUNT - 1 && signals[index] != number) index++;
    struct sigaction action = earlier[index];
    // A handler for one signal only may return, and expect the process to end by the next.
    if (action.sa_flags & SA_RESETHAND) memset(&earlier[index], 0, sizeof *earlier);
    if (action.sa_flags & SA_SIGINFO) {
        action.sa_sigaction(number, information, context);
    } else if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
        action.sa_handler(number);
    } else {
        do_as_usual(number, information, action);
    }
}

static void handle(int number, siginfo_t *information, void *context) {
    UopFaultScope *scope = innermost;
    uint64_t *counter = program_counter(context);
    uint64_t address = (uint64_t)(uintptr_t)information->si_addr;
    if (scope && !scope->hasFaulted && information->si_code > 0 && *counter >= scope->codeBegin && *counter < scope->codeEnd
        && address >= scope->memoryBegin && address < scope->memoryEnd) {
        scope->hasFaulted = 1;
        scope->instructionAddress = *counter;
        scope->accessedAddress = address;
        *counter = scope->resumeAddress;
        return;
    }
    pass_on(number, information, context);
}

static int installation;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < SIGNAL_COUNT; index++) {
        if (sigaction(signals[index], &action, &earlier[index]) != 0) installation = errno;
    }
}

/// A stack for the handler, where the thread has none: the run may have faulted because its own is full.
static int provide_stack(UopFaultScope *scope) {
    stack_t present;
    scope->stack = NULL;
    if (sigaltstack(NULL, &present) != 0) return errno;
    if (!(present.ss_flags & SS_DISABLE)) return 0;
    // Earlier handlers run on it, too.
    scope->stackByteCount = 64 << 10;
    if (scope->stackByteCount < (size_t)MINSIGSTKSZ) scope->stackByteCount = (size_t)MINSIGSTKSZ;
    void *memory = mmap(NULL, scope->stackByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return errno;
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = memory;
    stack.ss_size = scope->stackByteCount;
    if (sigaltstack(&stack, NULL) != 0) {
        int error = errno;
        munmap(memory, scope->stackByteCount);
        return error;
    }
    scope->stack = memory;
    return 0;
}

/// Blocks or unblocks signals of `signals`, a bit each; returns those that were blocked.
static int change_mask(int how, int which) {
    sigset_t changed, before;
    sigemptyset(&changed);
    for (int index = 0; index < SIGNAL_COUNT; index++) {
        if (which >> index & 1) sigaddset(&changed, signals[index]);
    }
    if (pthread_sigmask(how, &changed, &before) != 0) return 0;
    int blocked = 0;
    for (int index = 0; index < SIGNAL_COUNT; index++) blocked |= sigismember(&before, signals[index]) << index;
    return blocked;
}

int uop_begin_faults(UopFaultScope *scope) {
    pthread_once(&once, install);
    if (installation != 0) return installation;
    int error = provide_stack(scope);
    if (error != 0) return error;
    // The system ends a process that faults while the signal is blocked, as it may be by a parent.
    scope->blockedSignals = change_mask(SIG_UNBLOCK, (1 << SIGNAL_COUNT) - 1);
    scope->hasFaulted = 0;
    scope->outer = innermost;
    innermost = scope;
    return 0;
}

void uop_end_faults(UopFaultScope *scope) {
    innermost = scope->outer;
    if (scope->blockedSignals) change_mask(SIG_BLOCK, scope->blockedSignals);
    if (!scope->stack) return;
    stack_t none;
    memset(&none, 0, sizeof none);
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, NULL);
    munmap(scope->stack, scope->stackByteCount);
    scope->stack = NULL;
}

#else

int uop_begin_faults(UopFaultScope *scope) {
    (void)scope;
    return ENOTSUP;
}
void uop_end_faults(UopFaultScope *scope) { (void)scope; }

#endif
