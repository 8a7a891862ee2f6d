#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct HardTanh {
  static Schema schema() { return describe<HardTanh>("hard_tanh", "y = min(max(x, -1), 1)."); }
  Value call(Value x) const { return clip(x, -1, 1); }
};

}  // namespace strata::activations
