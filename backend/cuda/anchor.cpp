#include "backend/cuda/anchor.h"

#include <algorithm>

#include "backend/functors.h"

namespace strata::cuda {

bool is_elementwise(std::string_view op) {
#define STRATA_NAME(name, expression) #name,
  static constexpr std::string_view names[] = {STRATA_UNARY(STRATA_NAME) STRATA_BINARY(STRATA_NAME) STRATA_COMPARISON(STRATA_NAME)
                                                   STRATA_LOGICAL_BINARY(STRATA_NAME) STRATA_TEST(STRATA_NAME) "logical_not",
                                               "select", "cast", "constant"};
#undef STRATA_NAME
  return std::find(std::begin(names), std::end(names), op) != std::end(names);
}

int anchor_of(const Region& region) {
  for (std::size_t i = 0; i < region.ops.size(); ++i)
    if (!is_elementwise(region.ops[i].name)) return static_cast<int>(i);
  return -1;
}

}  // namespace strata::cuda
