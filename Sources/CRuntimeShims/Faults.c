#include "Faults.h"

#include <errno.h>

// Thread-local, so that a test disturbs no other test, and no call needs an atomic.
static _Thread_local struct {
    uint32_t countdown;
    int error;
} faults[UOP_CALL_COUNT];

void uop_fail_call(UopSystemCall call, uint32_t nth, int error) {
    faults[call].countdown = nth;
    faults[call].error = error;
}

uint32_t uop_pending_failure(UopSystemCall call) { return faults[call].countdown; }

int uop_ordered_failure(UopSystemCall call) {
    if (faults[call].countdown == 0 || --faults[call].countdown != 0) return 0;
    return faults[call].error;
}

const char *uop_error_name(int error) {
    switch (error) {
    case EACCES: return "EACCES";
    case EAGAIN: return "EAGAIN";
    case EINVAL: return "EINVAL";
    case EMFILE: return "EMFILE";
    case ENFILE: return "ENFILE";
    case ENOMEM: return "ENOMEM";
    case ENOSYS: return "ENOSYS";
    case EPERM: return "EPERM";
    default: return "errno";
    }
}

int uop_is_refusal(int error) { return error == EACCES || error == EPERM; }
