// What code that was written to an object calls by name, for where there is no C library to link it with.
#include "remainder.h"

#if defined(_WIN32)
int _fltused;  // Every object for Windows that computes with floats asks for it.
#endif

// Where code calls functions otherwise than the system's C does, it calls another (UopDefine.h).
#if defined(_WIN32) && defined(__x86_64__)
#define fmod uop_callee_fmod
#endif

CALLEE double fmod(double left, double right) { return remainder_of(left, right); }
