#include "src/io/checksum.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace strata {

std::uint64_t xxh3(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
std::string xxh3_hex(ByteView bytes) { return fmt::format("{:016x}", xxh3(bytes)); }

}  // namespace strata
