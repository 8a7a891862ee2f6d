#pragma once

#include <strata/layers/merging/merge.h>

namespace strata {

struct Subtract {
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<Subtract>("Subtract", "The first input less the second, element by element.", activity_field<Subtract>(), layer_fields<Subtract>());
  }

  Value call(Scope& s, const std::vector<Value>& xs) const {
    if (xs.size() != 2) throw Error(ErrorKind::spec, "Subtract takes two inputs, " + std::to_string(xs.size()) + " are given");
    return merged(s, "Subtract", xs, [](Value a, Value b) { return a - b; });
  }
};

}  // namespace strata
