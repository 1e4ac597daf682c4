// The plain BF interpreter: a switch in a loop over the program's commands, and a table of where brackets lead.
// Nothing is folded, as in the programs that everybody writes first.
//
//     bf-loop FILE.b
#include "bf.h"

#include <string.h>

/// Keeps only the commands. The null character at the end ends the run.
static void strip(char *text)
{
    char *end = text;
    for (const char *character = text; *character; character++)
        if (strchr("+-<>.,[]", *character)) *end++ = *character;
    *end = 0;
}

/// For each bracket, the index of the other.
static size_t *jump_table(const char *text)
{
    size_t length = strlen(text), depth = 0;
    size_t *jumps = calloc(length + 1, sizeof *jumps), *open = calloc(length + 1, sizeof *open);
    if (!jumps || !open) fail("memory", "there is too little");
    for (size_t at = 0; at < length; at++) {
        if (text[at] == '[') open[depth++] = at;
        if (text[at] != ']') continue;
        if (depth == 0) fail("]", "unmatched");
        size_t other = open[--depth];
        jumps[at] = other;
        jumps[other] = at;
    }
    if (depth) fail("[", "unmatched");
    free(open);
    return jumps;
}

static void run(const char *text, const size_t *jumps)
{
    unsigned char *cell = tape + cells_left;
    for (size_t at = 0;; at++) {
        switch (text[at]) {
        case '+': ++*cell; break;
        case '-': --*cell; break;
        case '>': cell++; break;
        case '<': cell--; break;
        case '.': put(*cell); break;
        case ',': *cell = get(*cell); break;
        case '[': if (!*cell) at = jumps[at]; break;
        case ']': if (*cell) at = jumps[at]; break;
        default: return;
        }
    }
}

int main(int argumentCount, char **arguments)
{
    if (argumentCount != 2) fail("usage", "bf-loop FILE.b");
    char *text = read_program(arguments[1]);
    strip(text);
    run(text, jump_table(text));
    flush();
    return 0;
}
