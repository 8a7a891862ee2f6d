#pragma once

#include <strata/layer.h>

namespace strata {

// y = min(x, max_value) where x is above the threshold, else negative_slope (x - threshold).
struct ReLU {
  std::optional<double> max_value = {};
  double negative_slope = 0;
  double threshold = 0;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<ReLU>("ReLU", "Its input where that is positive, else 0 or a slope.",
        field("max_value", &ReLU::max_value, "Largest output; null: none.", at_least(0)),
        field("negative_slope", &ReLU::negative_slope, "Slope below the threshold.", at_least(0)),
        field("threshold", &ReLU::threshold, "Inputs up to this are taken as negative.", at_least(0)),
        activity_field<ReLU>(), layer_fields<ReLU>());
  }

  Value call(Scope&, Value x) const {
    Value y = threshold == 0 ? relu(x) : select(x > threshold, x, 0);
    if (negative_slope != 0) y = y - negative_slope * relu(threshold - x);
    return max_value ? minimum(y, *max_value) : y;
  }
};

}  // namespace strata
