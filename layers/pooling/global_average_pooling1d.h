#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, T, C) -> (N, C).
struct GlobalAveragePooling1D {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::custom;

  static Schema schema() {
    return describe<GlobalAveragePooling1D>("GlobalAveragePooling1D", "The mean over all steps, for each channel.",
        global_pool_fields<GlobalAveragePooling1D>(), activity_field<GlobalAveragePooling1D>(), layer_fields<GlobalAveragePooling1D>())
        .also_named({"GlobalAvgPool1D"});
  }

  // Masked steps count neither in the sum nor in the number.
  Value call(Scope& s, Value x) const {
    const Axes steps = spatial_axes("GlobalAveragePooling1D", x, 1, data_format);
    const Value valid = s.mask(x);
    if (!valid) return mean(x, steps, keepdims);
    const Value there = expand_dims(valid, is_channels_first(data_format) ? 1 : 2);
    return sum(select(there, x, 0), steps, keepdims) / sum(cast(there, x.dtype()), steps, keepdims);
  }
};

}  // namespace strata
