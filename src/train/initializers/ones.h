#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct Ones {
  static Schema schema() { return describe<Ones>("Ones", "All 1.").also_named({"one"}); }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream&) const {
    return filled(shape, [](std::uint64_t) { return 1.0; });
  }
};

}  // namespace strata::initializers
