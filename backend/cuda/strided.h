// An array as cuDNN describes it: its axes in cuDNN's order, and how far apart elements lie in memory.
#pragma once

#include <cstdint>
#include <vector>

namespace strata::cuda {

struct Strided {
  std::vector<std::int64_t> dims, strides;
};

}  // namespace strata::cuda
