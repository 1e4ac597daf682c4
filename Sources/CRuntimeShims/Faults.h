// Failures that tests order: every call to the system asks here first.
#ifndef FAULTS_H
#define FAULTS_H

#include "CRuntimeShims.h"

/// The error that was ordered for this call; 0 where it shall be made.
int uop_ordered_failure(UopSystemCall call);

#define RETURN_IF_FAULT(call)                        \
    do {                                             \
        int ordered = uop_ordered_failure(call);     \
        if (ordered) return ordered;                 \
    } while (0)

#endif
