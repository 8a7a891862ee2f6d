#pragma once

#include <strata/layers/pooling/pooling.h>

namespace strata {

// x (N, T, C) -> (N, T', C).
struct AveragePooling1D {
  Required<Sizes<1>> pool_size = unset;
  std::optional<Sizes<1>> strides = {};
  std::string padding = "valid";
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<AveragePooling1D>("AveragePooling1D", "The mean of each window.",
        average_pool_fields<AveragePooling1D>(), activity_field<AveragePooling1D>(), layer_fields<AveragePooling1D>())
        .also_named({"AvgPool1D"});
  }

  Value call(Scope&, Value x) const { return pooled<1>("AveragePooling1D", *this, x, average_pool); }
};

}  // namespace strata
