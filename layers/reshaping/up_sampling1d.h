#pragma once

#include <strata/layers/window.h>

namespace strata {

// x (N, T, C) -> (N, T size, C).
struct UpSampling1D {
  std::int64_t size = 2;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<UpSampling1D>("UpSampling1D", "Every step of its input several times.",
        field("size", &UpSampling1D::size, "How many times.", at_least(1)),
        activity_field<UpSampling1D>(), layer_fields<UpSampling1D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("UpSampling1D", x, 1);
    return repeat(x, size, 1);
  }
};

}  // namespace strata
