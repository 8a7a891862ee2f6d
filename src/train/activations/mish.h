#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Mish {
  static Schema schema() { return describe<Mish>("mish", "y = x tanh(softplus(x))."); }
  Value call(Value x) const { return x * strata::tanh(maximum(x, 0) + log1p(exp(-absolute(x)))); }
};

}  // namespace strata::activations
