#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Relu6 {
  static Schema schema() { return describe<Relu6>("relu6", "y = min(max(x, 0), 6)."); }
  Value call(Value x) const { return minimum(6, strata::relu(x)); }
};

}  // namespace strata::activations
