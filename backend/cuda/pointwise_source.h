// A region of elementwise ops as the text of one kernel. No shape of the leading axis stands in it, so that a short last
// batch runs the same kernel.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backend/region.h"

namespace strata::cuda {

// The texts of backend/functors.h and backend/cuda/arithmetic.h, which the source includes by these names.
extern const char* const functors_text;
extern const char* const arithmetic_text;

// Two kernels: `vector` moves `width` elements at a time where the addresses allow it, `scalar` one. Their arguments are the
// addresses of `arguments` in order, and the number of elements (64 bits).
struct PointwiseSource {
  struct Argument {
    bool output;
    int index;               // of the region's inputs or outputs
    std::size_t alignment;   // that `vector` needs, in bytes
  };
  static constexpr int threads = 256;  // of a block
  std::string text;
  std::vector<Argument> arguments;
  std::int64_t elements = 0;
  int width = 1;
  // Pairs of the region's input and output that may lie at one address.
  std::vector<std::pair<int, int>> in_place;
};

// Or the reason why the region is none.
std::variant<PointwiseSource, std::string> pointwise_source(const Region& region);

}  // namespace strata::cuda
