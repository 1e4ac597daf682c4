#ifndef C_RUNTIME_SHIMS_H
#define C_RUNTIME_SHIMS_H
#endif
