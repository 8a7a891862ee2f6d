#pragma once

#include <strata/layers/merging/merge.h>

namespace strata {

struct Minimum {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Minimum>("Minimum", "The smallest of its inputs, element by element.", activity_field<Minimum>(), layer_fields<Minimum>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    return merged(s, "Minimum", xs, [](Value a, Value b) { return strata::minimum(a, b); });
  }
};

}  // namespace strata
