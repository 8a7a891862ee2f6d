#pragma once

#include <strata/layers/regularization/spatial_dropout.h>

namespace strata {

// x (N, H, W, C): in training y = x / (1 - rate) for a channel of a sample with probability 1 - rate, else 0.
struct SpatialDropout2D {
  Required<double> rate = unset;
  std::optional<std::string> data_format = {};
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<SpatialDropout2D>("SpatialDropout2D", "Dropout of whole channels.",
        rate_field<SpatialDropout2D>(), data_format_field<SpatialDropout2D>(), seed_field<SpatialDropout2D>(), spatial_dropout_layer_fields<SpatialDropout2D>());
  }

  Value call(Scope& s, Value x) const {
    check_spatial("SpatialDropout2D", x, 2, data_format);
    return s.training() && *rate > 0 ? dropped(x, channel_shape(x, data_format), *rate, s.random(seed)) : x;
  }
};

}  // namespace strata
