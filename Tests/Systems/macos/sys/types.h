// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
typedef long long off_t;
typedef int pid_t;
