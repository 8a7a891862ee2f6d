#pragma once

#include <strata/layers/data_format.h>
#include <strata/layers/window.h>

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
    check_image("ZeroPadding2D", x, data_format);
    const Padding height = along(0), width = along(1);
    return is_channels_first(data_format) ? pad(x, {{}, {}, height, width}) : pad(x, {{}, height, width, {}});
  }

 private:
  Padding along(std::size_t i) const { return image_edges("ZeroPadding2D", "padding", padding, i); }
};

}  // namespace strata
