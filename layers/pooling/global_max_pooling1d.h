#pragma once

#include <strata/layers/pooling/pooling.h>

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
        global_pool_fields<GlobalMaxPooling1D>(), activity_field<GlobalMaxPooling1D>(), layer_fields<GlobalMaxPooling1D>())
        .also_named({"GlobalMaxPool1D"});
  }

  Value call(Scope&, Value x) const { return reduce_max(x, spatial_axes("GlobalMaxPooling1D", x, 1, data_format), keepdims); }
};

}  // namespace strata
