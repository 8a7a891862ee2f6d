#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct HardShrink {
  double threshold = 0.5;

  static Schema schema() {
    return describe<HardShrink>("hard_shrink", "y = x where |x| > threshold, else 0.",
        field("threshold", &HardShrink::threshold, "Half the width of what becomes 0."));
  }
  Value call(Value x) const { return select(absolute(x) > threshold, x, 0); }
};

}  // namespace strata::activations
