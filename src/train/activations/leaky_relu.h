#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct LeakyRelu {
  double negative_slope = 0.2;

  static Schema schema() {
    return describe<LeakyRelu>("leaky_relu", "y = x where x > 0, else negative_slope x.",
        field("negative_slope", &LeakyRelu::negative_slope, "Slope below 0."));
  }
  Value call(Value x) const { return select(x >= 0, x, x * negative_slope); }
};

}  // namespace strata::activations
