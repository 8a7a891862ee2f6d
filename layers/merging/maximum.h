#pragma once

#include <strata/layers/merging/merge.h>

namespace strata {

struct Maximum {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Maximum>("Maximum", "The largest of its inputs, element by element.", activity_field<Maximum>(), layer_fields<Maximum>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    return merged(s, "Maximum", xs, [](Value a, Value b) { return strata::maximum(a, b); });
  }
};

}  // namespace strata
