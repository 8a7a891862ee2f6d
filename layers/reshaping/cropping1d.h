#pragma once

#include <strata/layers/reshaping/edges.h>

namespace strata {

// x (N, T, C) -> (N, T - before - after, C).
struct Cropping1D {
  Sizes<2> cropping = 1;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Cropping1D>("Cropping1D", "Its input without steps at both ends.",
        field("cropping", &Cropping1D::cropping, "n at both ends, or [before, after].", at_least(0)),
        activity_field<Cropping1D>(), layer_fields<Cropping1D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("Cropping1D", x, 1);
    return cropped("Cropping1D", x, 1, {{cropping[0], cropping[1], 0}});
  }
};

}  // namespace strata
