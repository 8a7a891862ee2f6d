#pragma once

#include <strata/layers/pooling/pooling.h>

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
        global_pool_fields<GlobalAveragePooling2D>(), activity_field<GlobalAveragePooling2D>(), layer_fields<GlobalAveragePooling2D>())
        .also_named({"GlobalAvgPool2D"});
  }

  Value call(Scope&, Value x) const { return mean(x, spatial_axes("GlobalAveragePooling2D", x, 2, data_format), keepdims); }
};

}  // namespace strata
