#include "src/io/image.h"
#include "fuzz/target.h"

STRATA_FUZZ(text) { strata::read_image(strata::as_bytes(text), strata::Channels::rgb, "picture", std::int64_t{1} << 22); }
