#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

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
        data_format_field<GlobalAveragePooling1D>(),
        field("keepdims", &GlobalAveragePooling1D::keepdims, "Whether the axes that it is taken over stay, with one element."),
        activity_field<GlobalAveragePooling1D>(), layer_fields<GlobalAveragePooling1D>());
  }

  // Masked steps count neither in the sum nor in the number.
  Value call(Scope& s, Value x) const {
    const bool first = is_channels_first(data_format);
    check_axes("GlobalAveragePooling1D", x, 3, first ? "(batch, channels, steps)" : "(batch, steps, channels)");
    const Axes steps{first ? 2 : 1};
    const Value valid = s.mask(x);
    if (!valid) return mean(x, steps, keepdims);
    const Value there = expand_dims(valid, first ? 1 : 2);
    return sum(select(there, x, 0), steps, keepdims) / sum(cast(there, x.dtype()), steps, keepdims);
  }
};

}  // namespace strata
