// How long libtcc takes to make machine code of functions from C text.
//
//     tcc ROUNDS FILE.i...
//
// The text is preprocessed, so that no header is read. Prints a line for each file: its name, the bytes of
// its text, and the median of nanoseconds from text to code in memory.
#include <libtcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_rounds = 1000 };

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "tcc: %s: %s\n", what, why);
    exit(1);
}

static char *read_text(const char *file)
{
    FILE *stream = fopen(file, "r");
    if (!stream) fail(file, "cannot be read");
    char *text = calloc(1, 1 << 20);
    size_t count = fread(text, 1, (1 << 20) - 1, stream);
    fclose(stream);
    if (count == 0 || count == (1 << 20) - 1) fail(file, "is empty or larger than a loop");
    return text;
}

static double compile(const char *file, const char *text)
{
    double start = nanoseconds();
    TCCState *state = tcc_new();
    // No library is looked for; copies of structures are all that tcc calls.
    tcc_set_options(state, "-nostdlib");
    tcc_set_output_type(state, TCC_OUTPUT_MEMORY);
    tcc_add_symbol(state, "memmove", memmove);
    if (tcc_compile_string(state, text)) fail(file, "tcc cannot compile it");
    if (tcc_relocate(state, TCC_RELOCATE_AUTO)) fail(file, "tcc cannot place its code");
    double duration = nanoseconds() - start;
    tcc_delete(state);
    return duration;
}

int main(int argumentCount, char **arguments)
{
    if (argumentCount < 3) fail("usage", "tcc ROUNDS FILE.i...");
    int rounds = atoi(arguments[1]);
    if (rounds < 1 || rounds > most_rounds) fail("ROUNDS", "expected 1 to 1000");
    for (int file = 2; file < argumentCount; file++) {
        static double times[most_rounds];
        char *text = read_text(arguments[file]);
        for (int round = 0; round < rounds; round++) times[round] = compile(arguments[file], text);
        qsort(times, (size_t)rounds, sizeof *times, ascending);
        printf("%s %zu %.0f\n", arguments[file], strlen(text), times[rounds / 2]);
        free(text);
    }
    return 0;
}
