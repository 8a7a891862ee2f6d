#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Sigmoid {
  static Schema schema() { return describe<Sigmoid>("sigmoid", "y = 1 / (1 + exp(-x))."); }
  Value call(Value x) const { return strata::sigmoid(x); }
};

}  // namespace strata::activations
