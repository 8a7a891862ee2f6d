#pragma once

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// In training adds to each image (N, height, width, C) a random part of the range of its values, and stays in that range.
struct RandomBrightness {
  Required<Config> factor = unset;
  std::vector<double> value_range = {0, 255};
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomBrightness>("RandomBrightness", "In training makes images lighter or darker at random.",
        field("factor", &RandomBrightness::factor, "f: by -f to f of the range of values; [low, high]: by that range."),
        field("value_range", &RandomBrightness::value_range, "Lowest and highest value of an image."),
        field("seed", &RandomBrightness::seed, "Makes this layer's random stream differ."),
        data_format_field<RandomBrightness>(), layer_fields<RandomBrightness>());
  }

  Value call(Scope& s, Value input) const {
    const Range range = range_of("RandomBrightness", "factor", *factor, {-1, 1}), values = value_range_of("RandomBrightness", value_range);
    const Value x = images_of(s, input, data_format);
    if (!s.training()) return from_channels_last(x, data_format);
    image_size("RandomBrightness", x);
    const Value delta = per_image(draw(s, x, seed, range) * (values.high - values.low));
    return from_channels_last(clip(x + cast(delta, x.dtype()), values.low, values.high), data_format);
  }
};

}  // namespace strata
