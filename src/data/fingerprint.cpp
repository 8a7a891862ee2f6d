#include "src/data/fingerprint.h"

#include "src/io/checksum.h"

namespace strata {

std::string fingerprint(const Tensor& t) {
  if (t.dtype() == DType::string) {  // each behind its length, so that no two rows run together
    std::string all;
    for (const std::string& text : t.values<std::string>()) all += std::to_string(text.size()) + ":" + text;
    return t.str() + " xxh3 " + xxh3_hex(as_bytes(all));
  }
  return t.str() + " xxh3 " + xxh3_hex({static_cast<const std::byte*>(t.data()), t.bytes()});
}

}  // namespace strata
