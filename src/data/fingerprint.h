// What tells one set of rows from another.
#pragma once

#include <string>

#include <strata/tensor.h>

namespace strata {

// "float32 (40, 3) xxh3 0123456789abcdef": dtype, shape and a checksum of the elements. Equal tensors have equal ones.
std::string fingerprint(const Tensor& t);

}  // namespace strata
