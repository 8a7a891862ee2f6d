#pragma once

#include <strata/layers/window.h>

namespace strata {

// x (N, D, H, W, C) -> (N, D size[0], H size[1], W size[2], C).
struct UpSampling3D {
  Sizes<3> size = 2;
  std::optional<std::string> data_format = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<UpSampling3D>("UpSampling3D", "Every element of its input several times along each spatial axis.",
        field("size", &UpSampling3D::size, "How many times along each spatial axis.", at_least(1)),
        data_format_field<UpSampling3D>(), activity_field<UpSampling3D>(), layer_fields<UpSampling3D>());
  }

  Value call(Scope&, Value x) const {
    check_spatial("UpSampling3D", x, 3, data_format);
    for (int i = 0; i < 3; ++i) x = repeat(x, size[i], i + (is_channels_first(data_format) ? 2 : 1));
    return x;
  }
};

}  // namespace strata
