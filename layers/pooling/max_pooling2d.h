#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, H, W, C) -> (N, H', W', C).
struct MaxPooling2D {
  Sizes<2> pool_size = 2;
  std::optional<Sizes<2>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<MaxPooling2D>("MaxPooling2D", "The largest element of each window.",
        max_pool_fields<MaxPooling2D>(), activity_field<MaxPooling2D>(), layer_fields<MaxPooling2D>())
        .also_named({"MaxPool2D"});
  }

  Value call(Scope&, Value x) const { return pooled<2>("MaxPooling2D", *this, x, max_pool); }
};

}  // namespace strata
