#pragma once

#include <strata/layer.h>

namespace strata {

struct LeakyReLU {
  double negative_slope = 0.3;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<LeakyReLU>("LeakyReLU", "Its input where that is positive, else a fraction of it.",
        field("negative_slope", &LeakyReLU::negative_slope, "The fraction.", at_least(0)),
        activity_field<LeakyReLU>(), layer_fields<LeakyReLU>());
  }

  Value call(Scope&, Value x) const { return select(x > 0, x, negative_slope * x); }
};

}  // namespace strata
