// Kernels in C, compiled to shared objects while the benchmark runs: opening, calling and timing them.
#ifndef C_TWINS_H
#define C_TWINS_H

#include <stddef.h>
#include <stdint.h>

/// A buffer as kernels get it: what `struct buffer_i64` and its like are in Loops/twin.h.
typedef struct TwinBuffer {
    void *base;
    uint64_t count;
} TwinBuffer;

/// A kernel of an open shared object.
typedef struct TwinKernel {
    void *library;
    void *function;
    /// Bytes of the function's code.
    uint64_t byteCount;
} TwinKernel;

/// Opens a shared object that has a function `kernel`. Returns NULL, or why it could not.
const char *twin_open(const char *path, TwinKernel *kernel);
void twin_close(TwinKernel kernel);
int64_t twin_call(TwinKernel kernel, int64_t size, const TwinBuffer *memory);

/// Seconds of processor time that the calling thread has taken.
double twin_processor_seconds(void);

/// Whether this processor has the instructions of x86-64-v3.
int twin_has_x86_64_v3(void);

#endif
