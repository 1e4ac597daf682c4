// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
enum {
    EPERM = 1, ENOMEM = 12, EACCES = 13, EINVAL = 22, ENFILE = 23, EMFILE = 24, EAGAIN = 35, ENOSYS = 78,
};
int *__error(void);
#define errno (*__error())
