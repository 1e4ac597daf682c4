// Does the C that the package has for Windows do on Windows what its header says? Executed under wine by Tests/Systems/check.sh.
#define UOP_EMIT_HANDLERS
#include "CRuntimeShims.h"
#include "base.h"
#include "UopDefine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static int checks, failures;

static void say(const char *text) {
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

static void sayNumber(int number) {
    char digits[12] = {0};
    int place = 11;
    do digits[--place] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    say(digits + place);
}

static void check(int holds, const char *what) {
    ++checks;
    if (holds) return;
    ++failures;
    say("not so: "), say(what), say("\n");
}
#define CHECK(condition) check(!!(condition), #condition)

static DWORD protectionAt(void *address) {
    MEMORY_BASIC_INFORMATION information;
    return VirtualQuery(address, &information, sizeof information) && information.State == MEM_COMMIT ? information.Protect : 0;
}

static void memory(void) {
    const unsigned char code[] = {0xB8, 42, 0, 0, 0, 0xC3};  // mov eax, 42; ret
    size_t page = uop_page_size(), size = 3 * page;
    CHECK(page >= 4096 && (page & (page - 1)) == 0);
    void *address = NULL;
    CHECK(uop_map(size, UOP_READ_WRITE, UOP_ANONYMOUS, &address) == 0);
    CHECK(protectionAt(address) == PAGE_READWRITE);
    memcpy((char *)address + 2 * page, code, sizeof code);
    CHECK(uop_protect(address, size, UOP_READ_EXECUTE) == 0);
    CHECK(protectionAt(address) == PAGE_EXECUTE_READ && protectionAt((char *)address + 2 * page) == PAGE_EXECUTE_READ);
    uop_clear_cache(address, (char *)address + size);
    CHECK(((int (*)(void))(void *)((char *)address + 2 * page))() == 42);
    CHECK(uop_unmap(address, size) == 0);
    CHECK(protectionAt(address) == 0);

    void *none = NULL;
    CHECK(uop_map((size_t)1 << 47, UOP_READ_WRITE, UOP_ANONYMOUS, &none) != 0 && none == NULL);
    CHECK(uop_map(page, UOP_READ_WRITE, 3, &none) == ENOSYS);
    CHECK(uop_protect((void *)16, page, UOP_READ_EXECUTE) != 0);
    CHECK(uop_map_switched(page, &none) == ENOSYS);
    int file;
    CHECK(uop_create_memory_file(&file) == ENOSYS);
}

static void faults(void) {
    void *address = NULL;
    uop_fail_call(UOP_CALL_MMAP, 2, EACCES);
    CHECK(uop_map(16, UOP_READ_WRITE, UOP_ANONYMOUS, &address) == 0);
    CHECK(uop_unmap(address, 16) == 0);
    CHECK(uop_map(16, UOP_READ_WRITE, UOP_ANONYMOUS, &address) == EACCES);
    CHECK(strcmp(uop_error_name(EACCES), "EACCES") == 0 && uop_is_refusal(EACCES));
    CHECK(uop_pending_failure(UOP_CALL_MMAP) == 0);
}

static void clockAndProcess(void) {
    uint64_t before = uop_monotonic_nanoseconds();
    Sleep(30);
    uint64_t passed = uop_monotonic_nanoseconds() - before;
    CHECK(passed > 20000000 && passed < 20000000000);
    CHECK(uop_process_identity() == GetCurrentProcessId());
    CHECK(uop_observe_forks() == 0 && uop_fork_state() == 0);
}

static void debugger(void) {
    void *first = uop_show_debugger("object", 6), *second = uop_show_debugger("another", 7);
    CHECK(first && second);
    uop_hide_from_debugger(first);
    uop_hide_from_debugger(second);
}

// Functions by name are called as System V's C calls them.
static int64_t host_mixed(int64_t first, double second, const char *third, double fourth) {
    return first * 1000 + (int64_t)(second * 100) + third[0] * 10 + (int64_t)fourth;
}
static int host_nothing(void) { return 7; }
UOP_HELPER(int64_t, host_mixed, (int64_t, double, const char *, double))
UOP_HELPER(int, host_nothing, ())

static void callees(void) {
    typedef __attribute__((sysv_abi)) int64_t Mixed(int64_t, double, const char *, double);
    typedef __attribute__((sysv_abi)) int Nothing(void);
    // Through memory, so that the calls are made as they are written.
    Mixed *volatile mixed = uop_callee_host_mixed;
    Nothing *volatile nothing = uop_callee_host_nothing;
    CHECK(mixed(5, 2.5, "\3", 4.0) == 5284);
    CHECK(nothing() == 7);
    const UopStencilSet *set = uop_base_stencils();
    CHECK(set->helperCount == 1 && strcmp(set->helpers[0].name, "fmod") == 0);
    typedef __attribute__((sysv_abi)) double Remainder(double, double);
    Remainder *volatile remainder = (Remainder *)(void *)set->helpers[0].address;
    CHECK(remainder(7.5, 2.0) == 1.5 && remainder(-7.5, 2.0) == -1.5);
}

// The interpreter's handlers, as this system's clang compiles them: 2 + 3.
static void interpreter(void) {
    const UopStencilSet *set = uop_base_stencils();
    UopAnyFunction *constant = NULL, *sum = NULL;
    for (uint32_t i = 0; i < set->uopCount; ++i) {
        if (strcmp(set->uops[i].name, "_I64_CONST") == 0) constant = set->handlers[i];
        if (strcmp(set->uops[i].name, "_I64_ADD") == 0) sum = set->handlers[i];
    }
    if (!constant || !sum) {
        check(0, "the base set has _I64_CONST and _I64_ADD");
        return;
    }
    uint64_t stack[8] = {0};
    UopFrame frame = {0};
    const uint64_t code[] = {
        (uintptr_t)constant, 2, (uintptr_t)constant, 3, (uintptr_t)sum, (uintptr_t)uop_halt_handler(), 9,
    };
    uop_interpret(&frame, stack, code);
    CHECK(stack[0] == 5 && frame.exitIndex == 9 && frame.stackPointer == stack + 1);
}

int mainCRTStartup(void) {
    memory();
    faults();
    clockAndProcess();
    debugger();
    callees();
    interpreter();
    say("windows: "), sayNumber(checks), say(" checks, "), sayNumber(failures), say(" failures\n");
    ExitProcess(failures != 0);
}
