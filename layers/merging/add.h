#pragma once

#include <strata/layers/merging/merge.h>

namespace strata {

struct Add {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Add>("Add", "The sum of its inputs, element by element.", activity_field<Add>(), layer_fields<Add>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    return merged(s, "Add", xs, [](Value a, Value b) { return a + b; });
  }
};

}  // namespace strata
