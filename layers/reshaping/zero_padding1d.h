#pragma once

#include <strata/layers/reshaping/edges.h>

namespace strata {

// x (N, T, C) -> (N, before + T + after, C).
struct ZeroPadding1D {
  Sizes<2> padding = 1;
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<ZeroPadding1D>("ZeroPadding1D", "Steps of zeros before and after its input.",
        field("padding", &ZeroPadding1D::padding, "n at both ends, or [before, after].", at_least(0)),
        data_format_field<ZeroPadding1D>(), activity_field<ZeroPadding1D>(), layer_fields<ZeroPadding1D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("ZeroPadding1D", x, 1, data_format);
    return padded(x, first_spatial(data_format), {{padding[0], padding[1], 0}});
  }
};

}  // namespace strata
