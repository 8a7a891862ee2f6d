#pragma once

#include <strata/layers/regularization/spatial_dropout.h>

namespace strata {

// x (N, D, H, W, C): in training y = x / (1 - rate) for a channel of a sample with probability 1 - rate, else 0.
struct SpatialDropout3D {
  Required<double> rate = unset;
  std::optional<std::string> data_format = {};
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<SpatialDropout3D>("SpatialDropout3D", "Dropout of whole channels.",
        rate_field<SpatialDropout3D>(), data_format_field<SpatialDropout3D>(), seed_field<SpatialDropout3D>(), spatial_dropout_layer_fields<SpatialDropout3D>());
  }

  Value call(Scope& s, Value x) const {
    check_spatial("SpatialDropout3D", x, 3, data_format);
    return s.training() && *rate > 0 ? dropped(x, channel_shape(x, data_format), *rate, s.random(seed)) : x;
  }
};

}  // namespace strata
