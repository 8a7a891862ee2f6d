#pragma once

#include <strata/layers/reshaping/edges.h>

namespace strata {

// x (N, H, W, C) -> (N, H - top - bottom, W - left - right, C).
struct Cropping2D {
  Config cropping = 0;
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Cropping2D>("Cropping2D", "Its input without rows and columns at the edges.",
        field("cropping", &Cropping2D::cropping, "n everywhere, [height, width], or [[top, bottom], [left, right]]."),
        data_format_field<Cropping2D>(), activity_field<Cropping2D>(), layer_fields<Cropping2D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("Cropping2D", x, 2, data_format);
    return cropped("Cropping2D", x, first_spatial(data_format), spatial_edges("Cropping2D", "cropping", cropping, 2));
  }
};

}  // namespace strata
