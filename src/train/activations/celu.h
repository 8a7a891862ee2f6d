#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Celu {
  double alpha = 1;

  static Schema schema() {
    return describe<Celu>("celu", "y = max(x, 0) + alpha (exp(min(x, 0) / alpha) - 1).",
        field("alpha", &Celu::alpha, "The negative of the limit far below 0.", above(0)));
  }
  Value call(Value x) const { return strata::relu(x) + alpha * expm1(minimum(x, 0) / alpha); }
};

}  // namespace strata::activations
