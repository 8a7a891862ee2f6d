// Zip archives, and the arrays in them.
#include "src/io/npz.h"
#include "fuzz/target.h"

STRATA_FUZZ(text) { strata::read_npz(strata::as_bytes(text), "arrays.npz", std::uint64_t{64} << 20); }
