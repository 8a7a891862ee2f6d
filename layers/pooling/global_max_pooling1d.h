#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

namespace strata {

// x (N, T, C) -> (N, C).
struct GlobalMaxPooling1D {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<GlobalMaxPooling1D>("GlobalMaxPooling1D", "The largest element over all steps, for each channel.",
        data_format_field<GlobalMaxPooling1D>(),
        field("keepdims", &GlobalMaxPooling1D::keepdims, "Whether the axes that it is taken over stay, with one element."),
        activity_field<GlobalMaxPooling1D>(), layer_fields<GlobalMaxPooling1D>());
  }

  Value call(Scope&, Value x) const {
    const bool first = is_channels_first(data_format);
    check_axes("GlobalMaxPooling1D", x, 3, first ? "(batch, channels, steps)" : "(batch, steps, channels)");
    return reduce_max(x, first ? Axes{2} : Axes{1}, keepdims);
  }
};

}  // namespace strata
