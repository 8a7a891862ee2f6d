// NumPy's .npz: a zip archive of .npy members, one array each.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <strata/tensor.h>

#include "src/io/bytes.h"

namespace strata {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// The arrays in the archive's order, named as NumPy names them (without ".npy"). Members that are no arrays are refused.
// More than `limit` bytes together are an error before memory is taken.
NamedTensors read_npz(ByteView archive, const std::string& name, std::uint64_t limit = std::uint64_t{4} << 30);

Bytes write_npz(const NamedTensors& arrays);

}  // namespace strata
