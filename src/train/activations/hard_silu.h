#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct HardSilu {
  static Schema schema() {
    return describe<HardSilu>("hard_silu", "y = x hard_sigmoid(x).").also_named({"hard_swish"});
  }
  Value call(Value x) const { return x * (minimum(6, strata::relu(x + 3)) / 6); }
};

}  // namespace strata::activations
