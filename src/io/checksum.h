// XXH3-64 of bytes.
//
// A checksum finds damage (a flipped bit, a torn copy); it is no signature: who can change a file can change its checksum.
#pragma once

#include <string>

#include "src/io/bytes.h"

namespace strata {

std::uint64_t xxh3(ByteView bytes);
// Sixteen hexadecimal digits.
std::string xxh3_hex(ByteView bytes);

}  // namespace strata
