// dladdr1 is an extension of glibc.
#define _GNU_SOURCE
#include "CTwins.h"

#include <dlfcn.h>
#include <link.h>
#include <time.h>

const char *twin_open(const char *path, TwinKernel *kernel)
{
    // RTLD_NOW: nothing is resolved while the kernel runs.
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    void *function = dlsym(library, "kernel");
    Dl_info info;
    ElfW(Sym) *symbol = NULL;
    if (!function || !dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol) {
        dlclose(library);
        return "it has no function 'kernel'";
    }
    *kernel = (TwinKernel){library, function, symbol->st_size};
    return NULL;
}

void twin_close(TwinKernel kernel)
{
    dlclose(kernel.library);
}

int64_t twin_call(TwinKernel kernel, int64_t size, const TwinBuffer *memory)
{
    return ((int64_t (*)(int64_t, const TwinBuffer *))kernel.function)(size, memory);
}

double twin_processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int twin_has_x86_64_v3(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("x86-64-v3") != 0;
#else
    return 0;
#endif
}
