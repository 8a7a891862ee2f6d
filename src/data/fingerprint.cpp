#include "src/data/fingerprint.h"

#include "src/io/checksum.h"

namespace strata {

std::string fingerprint(const Tensor& t) {
  return t.str() + " xxh3 " + xxh3_hex({static_cast<const std::byte*>(t.data()), t.bytes()});
}

}  // namespace strata
