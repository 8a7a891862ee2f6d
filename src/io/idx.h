// The IDX files of MNIST and its kin, gzipped or not: https://yann.lecun.com/exdb/mnist
#pragma once

#include <string>

#include <strata/tensor.h>

#include "src/io/bytes.h"

namespace strata {

// uint8, int32, float32 and float64 stay; int8 and int16 become int64. The shape must fill the file exactly; an array of more
// than `limit` bytes is an error before memory is taken. `name` stands in front of every message.
Tensor read_idx(ByteView file, const std::string& name, std::uint64_t limit = std::uint64_t{4} << 30);

}  // namespace strata
