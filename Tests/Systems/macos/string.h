// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
#include <stddef.h>
void *memcpy(void *restrict to, const void *restrict from, size_t byteCount);
