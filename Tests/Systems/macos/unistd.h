// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
#include <sys/types.h>
enum { _SC_PAGESIZE = 29 };
long sysconf(int name);
int close(int file);
int ftruncate(int file, off_t byteCount);
pid_t getpid(void);
