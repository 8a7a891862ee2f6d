// Integer types of files that tensors do not have, widened to int64.
#pragma once

#include <cstring>
#include <limits>
#include <string>

#include <strata/error.h>
#include <strata/tensor.h>

#include "src/io/bytes.h"

namespace strata {

// The little-endian elements T of `bytes` as int64; `where` names the file and the array in the error about a value
// that int64 does not hold.
template <class T>
Tensor widen_integers(ByteView bytes, std::vector<std::int64_t> shape, const std::string& where) {
  Tensor tensor(DType::int64, std::move(shape));
  const auto out = tensor.values<std::int64_t>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    T x;
    std::memcpy(&x, bytes.data() + i * sizeof(T), sizeof(T));
    if constexpr (std::numeric_limits<T>::max() > std::numeric_limits<std::int64_t>::max())
      if (x > static_cast<T>(std::numeric_limits<std::int64_t>::max()))
        throw Error(ErrorKind::data, where + ": element " + std::to_string(i) + " is " + std::to_string(x) +
                                         ", more than int64 holds", "store the array as int64 or float64");
    out[i] = static_cast<std::int64_t>(x);
  }
  return tensor;
}

}  // namespace strata
