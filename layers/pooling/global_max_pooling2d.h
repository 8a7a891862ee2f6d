#pragma once

#include <strata/layers/pooling/pooling.h>

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
        global_pool_fields<GlobalMaxPooling2D>(), activity_field<GlobalMaxPooling2D>(), layer_fields<GlobalMaxPooling2D>())
        .also_named({"GlobalMaxPool2D"});
  }

  Value call(Scope&, Value x) const { return reduce_max(x, spatial_axes("GlobalMaxPooling2D", x, 2, data_format), keepdims); }
};

}  // namespace strata
