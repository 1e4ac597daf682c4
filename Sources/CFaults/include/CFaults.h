// Memory accesses of machine code that the system refuses, taken as what they mean: a tape or a linear memory lies between
// pages that cannot be accessed, and its bounds are checked by them.
//
// Handlers that were there before the first scope are called for every other fault, or the process ends as it would have.
// Who installs one later has to call the one that was there, as these do.
#ifndef C_FAULTS_H
#define C_FAULTS_H

#include <stddef.h>
#include <stdint.h>

/// A run of machine code whose faults are expected: in this code, at these addresses.
typedef struct UopFaultScope {
    uint64_t codeBegin, codeEnd;
    uint64_t memoryBegin, memoryEnd;
    /// Where control goes on after such a fault, with all registers as they were.
    uint64_t resumeAddress;
    /// Whether there was one: where in the code, and which address it accessed.
    uint64_t hasFaulted;
    uint64_t instructionAddress, accessedAddress;
    /// The scope around it, of the same thread.
    struct UopFaultScope *outer;
    /// What the handler runs on, where the thread had no stack for signals of its own.
    void *stack;
    size_t stackByteCount;
    /// The signals that the thread blocked before, a bit each.
    int blockedSignals;
} UopFaultScope;

/// Begins a scope on this thread; its first six fields are set. Returns 0, or an errno value: then there is no scope.
int uop_begin_faults(UopFaultScope *scope);
/// Ends it: scopes end in the opposite order of their beginnings.
void uop_end_faults(UopFaultScope *scope);

/// 1 where faults can be taken on this system and processor.
int uop_can_take_faults(void);

#endif
