#pragma once

#include <strata/layers/merging/merge.h>

namespace strata {

struct Multiply {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Multiply>("Multiply", "The product of its inputs, element by element.", activity_field<Multiply>(), layer_fields<Multiply>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    return merged(s, "Multiply", xs, [](Value a, Value b) { return a * b; });
  }
};

}  // namespace strata
