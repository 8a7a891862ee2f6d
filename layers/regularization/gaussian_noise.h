#pragma once

#include <strata/layers/regularization/noise.h>

namespace strata {

// In training y = x + n, n normal of mean 0 and deviation stddev; otherwise y = x.
struct GaussianNoise {
  Required<double> stddev = unset;
  std::optional<std::int64_t> seed = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<GaussianNoise>("GaussianNoise", "Adds normal noise while training.",
        field("stddev", &GaussianNoise::stddev, "Deviation of the noise.", between(0, 1)),
        seed_field<GaussianNoise>(), activity_field<GaussianNoise>(), layer_fields<GaussianNoise>());
  }

  Value call(Scope& s, Value x) const {
    return s.training() && *stddev > 0 ? x + *stddev * normal_like(x, s.random(seed)) : x;
  }
};

}  // namespace strata
