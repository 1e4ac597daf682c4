// What both BF rivals share: the tape, input and output as the yardstick in C has them, and reading a program.
#ifndef BF_H
#define BF_H

#include <stdio.h>
#include <stdlib.h>

/// Cells left of the one where the pointer starts, and cells in all.
enum { cells_left = 1 << 16, cells = 1 << 22 };

static unsigned char tape[cells], output[1 << 16];
static unsigned used;

static void flush(void)
{
    fwrite(output, 1, used, stdout);
    fflush(stdout);
    used = 0;
}

static void put(unsigned char cell)
{
    output[used++] = cell;
    if (used == sizeof output) flush();
}

/// What was written may be a question: it is shown before the answer is read.
static unsigned char get(unsigned char cell)
{
    flush();
    int byte = getchar_unlocked();
    return byte == EOF ? cell : (unsigned char)byte;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why ? why : "failed");
    exit(1);
}

static char *read_program(const char *file)
{
    FILE *stream = fopen(file, "r");
    if (!stream || fseek(stream, 0, SEEK_END)) fail(file, "cannot be read");
    long length = ftell(stream);
    char *text = length < 0 ? NULL : calloc(1, (size_t)length + 1);
    rewind(stream);
    if (!text || fread(text, 1, (size_t)length, stream) != (size_t)length) fail(file, "cannot be read");
    fclose(stream);
    return text;
}

#endif
