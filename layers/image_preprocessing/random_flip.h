#pragma once

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// In training every second image, drawn at random, is mirrored: (N, height, width, C) to the same.
struct RandomFlip {
  std::string mode = "horizontal_and_vertical";
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomFlip>("RandomFlip", "In training mirrors images at random.",
        field("mode", &RandomFlip::mode,
              "Left and right change places, top and bottom, or both.", one_of({"horizontal", "vertical", "horizontal_and_vertical"})),
        field("seed", &RandomFlip::seed, "Makes this layer's random stream differ."),
        data_format_field<RandomFlip>(), layer_fields<RandomFlip>());
  }

  Value call(Scope& s, Value input) const {
    const Value x = images_of(s, input, data_format);
    if (!s.training()) return from_channels_last(x, data_format);
    image_size("RandomFlip", x);
    Value y = x;
    if (mode != "vertical") y = reverse(y, 2);
    if (mode != "horizontal") y = reverse(y, 1);
    return from_channels_last(select(per_image(draw(s, x, seed, {0, 1})) <= 0.5, y, x), data_format);
  }
};

}  // namespace strata
