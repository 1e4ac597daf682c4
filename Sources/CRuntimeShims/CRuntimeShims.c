#include "CRuntimeShims.h"
