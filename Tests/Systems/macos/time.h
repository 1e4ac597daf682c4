// What the package uses of macOS, declared by its public manual pages: to see that the C compiles without its headers.
#pragma once
struct timespec {
    long tv_sec;
    long tv_nsec;
};
typedef enum { CLOCK_MONOTONIC = 6 } clockid_t;
int clock_gettime(clockid_t clock, struct timespec *time);
