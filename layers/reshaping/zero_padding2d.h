#pragma once

#include <strata/layers/reshaping/edges.h>

namespace strata {

// x (N, H, W, C) -> (N, top + H + bottom, left + W + right, C).
struct ZeroPadding2D {
  Config padding = 1;
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<ZeroPadding2D>("ZeroPadding2D", "Rows and columns of zeros around its input.",
        field("padding", &ZeroPadding2D::padding, "n everywhere, [height, width], or [[top, bottom], [left, right]]."),
        data_format_field<ZeroPadding2D>(), activity_field<ZeroPadding2D>(), layer_fields<ZeroPadding2D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("ZeroPadding2D", x, 2, data_format);
    return padded(x, first_spatial(data_format), spatial_edges("ZeroPadding2D", "padding", padding, 2));
  }
};

}  // namespace strata
