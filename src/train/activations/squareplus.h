#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Squareplus {
  double b = 4;

  static Schema schema() {
    return describe<Squareplus>("squareplus", "y = (x + sqrt(x^2 + b)) / 2.",
        field("b", &Squareplus::b, "Smoothness at 0.", at_least(0)));
  }
  Value call(Value x) const { return (x + sqrt(square(x) + b)) / 2; }
};

}  // namespace strata::activations
