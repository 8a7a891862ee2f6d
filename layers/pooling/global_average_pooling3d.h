#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, D, H, W, C) -> (N, C).
struct GlobalAveragePooling3D {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<GlobalAveragePooling3D>("GlobalAveragePooling3D", "The mean over the whole volume, for each channel.",
        global_pool_fields<GlobalAveragePooling3D>(), activity_field<GlobalAveragePooling3D>(), layer_fields<GlobalAveragePooling3D>())
        .also_named({"GlobalAvgPool3D"});
  }

  Value call(Scope&, Value x) const { return mean(x, spatial_axes("GlobalAveragePooling3D", x, 3, data_format), keepdims); }
};

}  // namespace strata
