#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Tanh {
  static Schema schema() { return describe<Tanh>("tanh", "y = tanh(x)."); }
  Value call(Value x) const { return strata::tanh(x); }
};

}  // namespace strata::activations
