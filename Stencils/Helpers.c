// Calls of functions that the host registers. The helper's status decides: 0 goes on, anything
// else exits.
#include "UopDefine.h"

#define CALLING(name, in, out, store, documentation, ...) \
    UOP(name, in, out, OPERANDS(HELPER helper), FLAGS(EXITS, ESCAPES), documentation) \
    { \
        uint64_t arguments[] = {__VA_ARGS__ __VA_OPT__(,) 0}; \
        uint64_t result = 0; \
        int64_t status = UOP_CALL_HOST(helper, arguments, &result); \
        frame->helperStatus = status; \
        if (RARELY(status != 0)) EXIT(); \
        store; \
    }
CALLING(_CALL_0, IN(), OUT(), (void)0, "Calls a helper without parameters and result.")
CALLING(_CALL_1, IN(PARAMETER a), OUT(), (void)0, "Calls a helper with one parameter, without result.", a)
CALLING(_CALL_2, IN(PARAMETER a, PARAMETER b), OUT(), (void)0, "Calls a helper with two parameters, without result.", a, b)
CALLING(_CALL_3, IN(PARAMETER a, PARAMETER b, PARAMETER c), OUT(), (void)0, "Calls a helper with three parameters, without result.", a, b, c)
CALLING(_CALL_0_VALUE, IN(), OUT(RESULT value), *value = result, "Calls a helper without parameters; pushes its result.")
CALLING(_CALL_1_VALUE, IN(PARAMETER a), OUT(RESULT value), *value = result, "Calls a helper with one parameter; pushes its result.", a)
CALLING(_CALL_2_VALUE, IN(PARAMETER a, PARAMETER b), OUT(RESULT value), *value = result, "Calls a helper with two parameters; pushes its result.", a, b)
CALLING(_CALL_3_VALUE, IN(PARAMETER a, PARAMETER b, PARAMETER c), OUT(RESULT value), *value = result, "Calls a helper with three parameters; pushes its result.", a, b, c)
