#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Exponential {
  static Schema schema() { return describe<Exponential>("exponential", "y = exp(x)."); }
  Value call(Value x) const { return exp(x); }
};

}  // namespace strata::activations
