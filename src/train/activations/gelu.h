#pragma once

#include <cmath>

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Gelu {
  bool approximate = false;

  static Schema schema() {
    return describe<Gelu>("gelu", "y = x P(X <= x) for X normal; approximate: by tanh.",
        field("approximate", &Gelu::approximate, "Use the formula with tanh."));
  }
  Value call(Value x) const {
    if (!approximate) return 0.5 * x * (1 + erf(x * std::sqrt(0.5)));
    return 0.5 * x * (1 + strata::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
  }
};

}  // namespace strata::activations
