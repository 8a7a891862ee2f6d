#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

// max(x, 0) + log(1 + exp(-|x|)); the maximum is written so that the derivative at 0 is 1/2.
struct Softplus {
  static Schema schema() { return describe<Softplus>("softplus", "y = log(exp(x) + 1)."); }
  Value call(Value x) const { return 0.5 * (x + absolute(x)) + log1p(exp(-absolute(x))); }
};

}  // namespace strata::activations
