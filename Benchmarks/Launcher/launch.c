// Runs a program and prints what it took.
//
//     launch INPUT OUTPUT PROGRAM ARGUMENTS...
//
// Prints seconds of user time, of system time and of the clock, and the bytes of memory that the program had at
// most. The peak that Linux tells of a process counts what its parent had when it began: so the parent is this, which
// has next to nothing, and not the benchmark.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// What never ends must not stop the benchmark for good.
enum { most_seconds = 900 };

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "launch: %s: %s\n", what, why);
    exit(1);
}

static double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec * 1e-6; }

static void redirect(const char *file, int flags, int descriptor)
{
    int opened = open(file, flags, 0666);
    if (opened < 0 || dup2(opened, descriptor) < 0) fail(file, strerror(errno));
    close(opened);
}

static void become(const char *input, const char *output, char **command)
{
    redirect(input, O_RDONLY, STDIN_FILENO);
    redirect(output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    setrlimit(RLIMIT_CPU, &(struct rlimit){most_seconds, most_seconds});
    execv(command[0], command);
    fail(command[0], strerror(errno));
}

int main(int argumentCount, char **arguments)
{
    if (argumentCount < 4) fail("usage", "launch INPUT OUTPUT PROGRAM ARGUMENTS...");
    double start = clock_seconds();
    pid_t child = fork();
    if (child < 0) fail("fork", strerror(errno));
    if (child == 0) become(arguments[1], arguments[2], arguments + 3);
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) fail("wait4", strerror(errno));
    double wall = clock_seconds() - start;
    if (WIFSIGNALED(status)) fail(arguments[3], strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status)) fail(arguments[3], "it ended with another status than 0");
    printf("%.6f %.6f %.6f %lld\n", seconds(usage.ru_utime), seconds(usage.ru_stime), wall, (long long)usage.ru_maxrss * 1024);
    return 0;
}
