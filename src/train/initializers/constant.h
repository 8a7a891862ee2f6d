#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct Constant {
  double value = 0;

  static Schema schema() {
    return describe<Constant>("Constant", "All one number.",
        field("value", &Constant::value, "The number."));
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream&) const {
    return filled(shape, [&](std::uint64_t) { return value; });
  }
};

}  // namespace strata::initializers
