#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct Zeros {
  static Schema schema() { return describe<Zeros>("Zeros", "All 0.").also_named({"zero"}); }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream&) const {
    return Tensor(DType::float64, shape);
  }
};

}  // namespace strata::initializers
