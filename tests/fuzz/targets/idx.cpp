#include "src/io/idx.h"
#include "fuzz/target.h"

STRATA_FUZZ(text) { strata::read_idx(strata::as_bytes(text), "images-idx", std::uint64_t{64} << 20); }
