// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
#include <stddef.h>
#include <sys/types.h>
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 0x1, MAP_PRIVATE = 0x2, MAP_JIT = 0x800, MAP_ANONYMOUS = 0x1000 };
#define MAP_FAILED ((void *)-1)
void *mmap(void *address, size_t byteCount, int protection, int flags, int file, off_t offset);
int munmap(void *address, size_t byteCount);
int mprotect(void *address, size_t byteCount, int protection);
