#pragma once

#include <strata/layers/regularization/spatial_dropout.h>

namespace strata {

// x (N, T, C): in training y = x / (1 - rate) for a channel of a sample with probability 1 - rate, else 0.
struct SpatialDropout1D {
  Required<double> rate = unset;
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<SpatialDropout1D>("SpatialDropout1D", "Dropout of whole channels.",
        rate_field<SpatialDropout1D>(), seed_field<SpatialDropout1D>(), spatial_dropout_layer_fields<SpatialDropout1D>());
  }

  Value call(Scope& s, Value x) const {
    check_spatial("SpatialDropout1D", x, 1);
    return s.training() && *rate > 0 ? dropped(x, channel_shape(x, {}), *rate, s.random(seed)) : x;
  }
};

}  // namespace strata
