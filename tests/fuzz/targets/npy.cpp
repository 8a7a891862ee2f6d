#include "src/io/npy.h"
#include "fuzz/target.h"

STRATA_FUZZ(text) { strata::read_npy(strata::as_bytes(text), "array.npy"); }
