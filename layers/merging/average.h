#pragma once

#include <strata/layers/merging/merge.h>

namespace strata {

struct Average {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Average>("Average", "The mean of its inputs, element by element.", activity_field<Average>(), layer_fields<Average>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    const Value total = merged(s, "Average", xs, [](Value a, Value b) { return a + b; });
    const Value y = total / static_cast<double>(xs.size());
    s.set_mask(y, s.mask(total));
    return y;
  }
};

}  // namespace strata
