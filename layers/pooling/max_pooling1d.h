#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, T, C) -> (N, T', C).
struct MaxPooling1D {
  Sizes<1> pool_size = 2;
  std::optional<Sizes<1>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<MaxPooling1D>("MaxPooling1D", "The largest element of each window.",
        max_pool_fields<MaxPooling1D>(), activity_field<MaxPooling1D>(), layer_fields<MaxPooling1D>())
        .also_named({"MaxPool1D"});
  }

  Value call(Scope&, Value x) const { return pooled<1>("MaxPooling1D", *this, x, max_pool); }
};

}  // namespace strata
