#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

namespace strata {

// x (N, H, W, C) -> (N, C).
struct GlobalMaxPooling2D {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<GlobalMaxPooling2D>("GlobalMaxPooling2D", "The largest element over all rows and columns, for each channel.",
        data_format_field<GlobalMaxPooling2D>(),
        field("keepdims", &GlobalMaxPooling2D::keepdims, "Whether the axes that it is taken over stay, with one element."),
        activity_field<GlobalMaxPooling2D>(), layer_fields<GlobalMaxPooling2D>());
  }

  Value call(Scope&, Value x) const {
    const bool first = is_channels_first(data_format);
    check_image("GlobalMaxPooling2D", x, data_format);
    return reduce_max(x, first ? Axes{2, 3} : Axes{1, 2}, keepdims);
  }
};

}  // namespace strata
