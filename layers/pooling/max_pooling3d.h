#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D', H', W', C).
struct MaxPooling3D {
  Sizes<3> pool_size = 2;
  std::optional<Sizes<3>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<MaxPooling3D>("MaxPooling3D", "The largest element of each window.",
        max_pool_fields<MaxPooling3D>(), activity_field<MaxPooling3D>(), layer_fields<MaxPooling3D>())
        .also_named({"MaxPool3D"});
  }

  Value call(Scope&, Value x) const { return pooled<3>("MaxPooling3D", *this, x, max_pool); }
};

}  // namespace strata
