#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', C).
struct AveragePooling2D {
  Sizes<2> pool_size = 2;
  std::optional<Sizes<2>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<AveragePooling2D>("AveragePooling2D", "The mean of each window.",
        average_pool_fields<AveragePooling2D>(), activity_field<AveragePooling2D>(), layer_fields<AveragePooling2D>())
        .also_named({"AvgPool2D"});
  }

  Value call(Scope&, Value x) const { return pooled<2>("AveragePooling2D", *this, x, average_pool); }
};

}  // namespace strata
