// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int pthread_jit_write_protect_supported_np(void);
void pthread_jit_write_protect_np(int isEnabled);
