#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

namespace strata {

// x (N, H, W, C) -> (N, C).
struct GlobalAveragePooling2D {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<GlobalAveragePooling2D>("GlobalAveragePooling2D", "The mean over all rows and columns, for each channel.",
        data_format_field<GlobalAveragePooling2D>(),
        field("keepdims", &GlobalAveragePooling2D::keepdims, "Whether the axes that it is taken over stay, with one element."),
        activity_field<GlobalAveragePooling2D>(), layer_fields<GlobalAveragePooling2D>());
  }

  Value call(Scope&, Value x) const {
    const bool first = is_channels_first(data_format);
    check_image("GlobalAveragePooling2D", x, data_format);
    return mean(x, first ? Axes{2, 3} : Axes{1, 2}, keepdims);
  }
};

}  // namespace strata
