#pragma once

#include <strata/layers/reshaping/edges.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D', H', W', C).
struct ZeroPadding3D {
  Config padding = 1;
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<ZeroPadding3D>("ZeroPadding3D", "Zeros around its input.",
        field("padding", &ZeroPadding3D::padding, "n everywhere, [depth, height, width], or one [before, after] for each."),
        data_format_field<ZeroPadding3D>(), activity_field<ZeroPadding3D>(), layer_fields<ZeroPadding3D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("ZeroPadding3D", x, 3, data_format);
    return padded(x, first_spatial(data_format), spatial_edges("ZeroPadding3D", "padding", padding, 3));
  }
};

}  // namespace strata
