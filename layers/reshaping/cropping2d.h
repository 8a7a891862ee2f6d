#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

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
    check_image("Cropping2D", x, data_format);
    const int height = is_channels_first(data_format) ? 2 : 1;
    return cropped(cropped(x, height, along(0)), height + 1, along(1));
  }

 private:
  Padding along(std::size_t i) const { return image_edges("Cropping2D", "cropping", cropping, i); }

  static Value cropped(Value x, int axis, const Padding& edge) {
    const Dim left = x.dim(axis) - Dim(edge.low) - Dim(edge.high);
    if (left.is_known() && left.value() < 1)
      throw Error(ErrorKind::spec, "Cropping2D: cropping takes " + std::to_string(edge.low) + " and " + std::to_string(edge.high) + " off axis " +
                                       std::to_string(axis) + " of its input " + x.shape().str() + ": nothing is left", "crop less");
    return slice(x, axis, edge.low, x.dim(axis) - Dim(edge.high));
  }
};

}  // namespace strata
