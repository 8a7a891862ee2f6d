#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D', H', W', C).
struct AveragePooling3D {
  Required<Sizes<3>> pool_size = unset;
  std::optional<Sizes<3>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<AveragePooling3D>("AveragePooling3D", "The mean of each window.",
        average_pool_fields<AveragePooling3D>(), activity_field<AveragePooling3D>(), layer_fields<AveragePooling3D>())
        .also_named({"AvgPool3D"});
  }

  Value call(Scope&, Value x) const { return pooled<3>("AveragePooling3D", *this, x, average_pool); }
};

}  // namespace strata
