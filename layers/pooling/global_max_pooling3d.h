#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, D, H, W, C) -> (N, C).
struct GlobalMaxPooling3D {
  std::optional<std::string> data_format = {};
  bool keepdims = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<GlobalMaxPooling3D>("GlobalMaxPooling3D", "The largest element over the whole volume, for each channel.",
        global_pool_fields<GlobalMaxPooling3D>(), activity_field<GlobalMaxPooling3D>(), layer_fields<GlobalMaxPooling3D>())
        .also_named({"GlobalMaxPool3D"});
  }

  Value call(Scope&, Value x) const { return reduce_max(x, spatial_axes("GlobalMaxPooling3D", x, 3, data_format), keepdims); }
};

}  // namespace strata
