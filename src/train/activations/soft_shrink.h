#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct SoftShrink {
  double threshold = 0.5;

  static Schema schema() {
    return describe<SoftShrink>("soft_shrink", "y = x moved towards 0 by threshold, 0 within it.",
        field("threshold", &SoftShrink::threshold, "Half the width of what becomes 0."));
  }
  Value call(Value x) const { return select(x > threshold, x - threshold, select(x < -threshold, x + threshold, 0)); }
};

}  // namespace strata::activations
