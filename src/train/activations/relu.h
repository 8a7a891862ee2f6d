#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Relu {
  double negative_slope = 0;
  std::optional<double> max_value = {};
  double threshold = 0;

  static Schema schema() {
    return describe<Relu>("relu", "y = x above the threshold, 0 or a slope below it, at most max_value.",
        field("negative_slope", &Relu::negative_slope, "Slope below the threshold.", at_least(0)),
        field("max_value", &Relu::max_value, "Largest output; null: none.", at_least(0)),
        field("threshold", &Relu::threshold, "Inputs up to this give 0.", at_least(0)));
  }
  Value call(Value x) const {
    if (negative_slope == 0 && threshold == 0) return max_value ? clip_above(strata::relu(x)) : strata::relu(x);
    Value above = select(x > threshold, x, 0);
    if (negative_slope != 0) above = above - negative_slope * strata::relu(threshold - x);
    return max_value ? clip_above(above) : above;
  }

 private:
  Value clip_above(Value y) const { return minimum(y, *max_value); }
};

}  // namespace strata::activations
