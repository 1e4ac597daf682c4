#define _GNU_SOURCE  // MAP_FIXED_NOREPLACE
#include "CRuntimeTestSupport.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int isCode(const char *path) { return strncmp(path, "/memfd:uopjit-code", 18) == 0; }

TestMappings test_mappings(void) {
    TestMappings result = {0};
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps) abort();
    char line[4352];
    while (fgets(line, sizeof line, maps)) {
        uint64_t begin, end, inode;
        char access[5], path[4097] = "";
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %" SCNu64 " %4096s", &begin, &end, access, &inode, path) < 4)
            abort();
        int executable = access[2] == 'x';
        int anonymous = path[0] == 0;
        int ours = isCode(path);
        result.code += ours || (executable && anonymous);
        result.writableCode += ours && access[1] == 'w';
        result.writableExecutable += executable && access[1] == 'w';
        if (strncmp(access, "---", 3) != 0) result.accessibleBytes += (int64_t)(end - begin);
    }
    fclose(maps);
    return result;
}

int64_t test_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) abort();
    int64_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[64];
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, path, sizeof path - 1);
        path[length < 0 ? 0 : length] = 0;
        count += isCode(path);
    }
    closedir(directory);
    return count;
}

static uint64_t *page(void *address) { return (uint64_t *)((uintptr_t)address & ~(uintptr_t)4095); }

void test_occupy(void *address) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (mmap(page(address), 4096, PROT_READ | PROT_WRITE, flags, -1, 0) != page(address)) abort();
    *page(address) = 12345;
}

int32_t test_is_occupied(void *address) { return *(volatile uint64_t *)page(address) == 12345; }

int32_t test_call(const void *code) {
    int32_t (*function)(void);
    memcpy(&function, &code, sizeof function);
    return function();
}

int32_t test_fork(int32_t (*child)(void *context), void *context) {
    pid_t process = fork();
    if (process != 0) return process;
    // A child that hangs ends; the thread that forked may have had the signal blocked.
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    alarm(20);
    _exit(child(context));
}

static struct {
    void (*before)(void *context), (*after)(void *context);
    void *context;
} hooks;

void test_set_fork_hooks(void (*before)(void *context), void (*after)(void *context), void *context) {
    hooks.before = before;
    hooks.after = after;
    hooks.context = context;
}

static void callBefore(void) {
    if (hooks.before) hooks.before(hooks.context);
}

static void callAfter(void) {
    if (hooks.after) hooks.after(hooks.context);
}

// The runtime's constructor has a later priority: handlers that are registered before its own run
// after its own before a fork, and before its own after it.
__attribute__((constructor(101))) static void registerHooks(void) {
    if (pthread_atfork(callBefore, callAfter, NULL) != 0) abort();
}

int32_t test_wait(int32_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child) abort();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TestGate test_gate(void) {
    TestGate gate;
    if (pipe(gate.descriptors) != 0) abort();
    return gate;
}

void test_open_gate(TestGate gate) {
    if (write(gate.descriptors[1], "", 1) != 1) abort();
}

void test_pass_gate(TestGate gate) {
    char byte;
    if (read(gate.descriptors[0], &byte, 1) != 1) abort();
}

uint64_t test_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const void *_Atomic slots[TEST_SLOT_COUNT];
static _Atomic int32_t signal_;

void test_store_slot(int32_t slot, const void *code) { atomic_store(&slots[slot], code); }
const void *test_load_slot(int32_t slot) { return atomic_load(&slots[slot]); }
int32_t test_call_slots(void *rounds) {
    for (int32_t round = 0; round < *(int32_t *)rounds; round++)
        for (int32_t slot = 0; slot < TEST_SLOT_COUNT; slot++)
            if (test_call(test_load_slot(slot)) != slot) return 1;
    return 0;
}

void test_store_signal(int32_t value) { atomic_store(&signal_, value); }
int32_t test_load_signal(void) { return atomic_load(&signal_); }

typedef struct Thread {
    pthread_t handle;
    void (*body)(void *context, int32_t index);
    void *context;
    int32_t index;
} Thread;

static void *runThread(void *argument) {
    Thread *thread = argument;
    thread->body(thread->context, thread->index);
    return NULL;
}

void test_in_threads(int32_t count, void (*body)(void *context, int32_t index), void *context) {
    Thread *threads = calloc((size_t)count, sizeof *threads);
    for (int32_t index = 0; index < count; index++) {
        threads[index] = (Thread){.body = body, .context = context, .index = index};
        if (pthread_create(&threads[index].handle, NULL, runThread, &threads[index]) != 0) abort();
    }
    for (int32_t index = 0; index < count; index++) pthread_join(threads[index].handle, NULL);
    free(threads);
}

// ---- Faults of a host ----------------------------------------------------------------------------

static volatile int32_t fault_count;
static char *volatile fault_page;

static void allow_access(void) {
    fault_count++;
    if (fault_page) mprotect(fault_page, 4096, PROT_READ | PROT_WRITE);
}

static void take_plain(int number) {
    (void)number;
    allow_access();
}

static void take_with_information(int number, siginfo_t *information, void *context) {
    (void)number;
    (void)context;
    // A fault of another address is not this test's: it would come again for ever.
    if (information->si_code > 0 && information->si_addr != (void *)fault_page) abort();
    allow_access();
}

/// Counts, and leaves the page as it is: the next fault ends the process.
static void take_once(int number) {
    (void)number;
    fault_count++;
}

void test_install_handler(TestHandler handler) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    switch (handler) {
    case TEST_HANDLER_DEFAULT: action.sa_handler = SIG_DFL; break;
    case TEST_HANDLER_IGNORE: action.sa_handler = SIG_IGN; break;
    case TEST_HANDLER_PLAIN: action.sa_handler = take_plain; break;
    case TEST_HANDLER_WITH_INFORMATION:
        action.sa_sigaction = take_with_information;
        action.sa_flags = SA_SIGINFO;
        break;
    case TEST_HANDLER_ONCE:
        action.sa_handler = take_once;
        action.sa_flags = SA_RESETHAND;
        break;
    }
    if (sigaction(SIGSEGV, &action, NULL) != 0) abort();
}

int32_t test_fault(void) {
    // Pages of a stopped test stay: a process has few of them.
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) abort();
    fault_page = page;
    *(volatile char *)page = 1;
    fault_page = NULL;
    return fault_count;
}

int32_t test_send_fault(void) {
    pthread_kill(pthread_self(), SIGSEGV);
    return fault_count;
}

void test_block_faults(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int32_t test_blocks_faults(void) {
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, SIGSEGV);
}

static char signal_stack[64 << 10];

void test_use_signal_stack(void) {
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = signal_stack;
    stack.ss_size = sizeof signal_stack;
    if (sigaltstack(&stack, NULL) != 0) abort();
}

int32_t test_has_signal_stack(void) {
    stack_t stack;
    if (sigaltstack(NULL, &stack) != 0) abort();
    if (stack.ss_flags & SS_DISABLE) return -1;
    return stack.ss_sp == signal_stack;
}
