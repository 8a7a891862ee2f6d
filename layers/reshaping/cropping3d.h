#pragma once

#include <strata/layers/reshaping/edges.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D', H', W', C).
struct Cropping3D {
  Config cropping = 1;
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Cropping3D>("Cropping3D", "Its input without what lies at the edges.",
        field("cropping", &Cropping3D::cropping, "n everywhere, [depth, height, width], or one [before, after] for each."),
        data_format_field<Cropping3D>(), activity_field<Cropping3D>(), layer_fields<Cropping3D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("Cropping3D", x, 3, data_format);
    return cropped("Cropping3D", x, first_spatial(data_format), spatial_edges("Cropping3D", "cropping", cropping, 3));
  }
};

}  // namespace strata
