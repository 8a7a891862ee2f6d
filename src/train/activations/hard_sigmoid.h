#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct HardSigmoid {
  static Schema schema() { return describe<HardSigmoid>("hard_sigmoid", "y = min(max(x / 6 + 1/2, 0), 1)."); }
  Value call(Value x) const { return minimum(6, strata::relu(x + 3)) / 6; }
};

}  // namespace strata::activations
