// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
#include <stddef.h>
void *malloc(size_t byteCount);
void free(void *memory);
_Noreturn void abort(void);
