#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Softplus {
  static Schema schema() { return describe<Softplus>("softplus", "y = log(exp(x) + 1)."); }
  Value call(Value x) const { return maximum(x, 0) + log1p(exp(-absolute(x))); }
};

}  // namespace strata::activations
