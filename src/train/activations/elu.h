#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

// The exponential sees only x <= 0: above, its gradient would be 0 times infinity.
struct Elu {
  double alpha = 1;

  static Schema schema() {
    return describe<Elu>("elu", "y = x where x > 0, else alpha (exp(x) - 1).",
        field("alpha", &Elu::alpha, "The negative of the limit far below 0."));
  }
  Value call(Value x) const { return select(x > 0, x, alpha * expm1(minimum(x, 0))); }
};

}  // namespace strata::activations
