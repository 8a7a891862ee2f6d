#pragma once

#include <strata/layers/data_format.h>

namespace strata {

// x (N, ...) -> (N, product of the rest).
struct Flatten {
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Flatten>("Flatten", "One axis from all axes but the batch; channels last in either data format.",
        data_format_field<Flatten>(), activity_field<Flatten>(), layer_fields<Flatten>());
  }

  Value call(Scope&, Value x) const {
    const Value last = to_channels_last(x, data_format);
    return reshape(last, {last.dim(0), last.shape().slice(1, last.rank()).elements()});
  }
};

}  // namespace strata
