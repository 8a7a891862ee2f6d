#pragma once

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// In training y = (x - mean) c + mean with a random c for each image (N, height, width, C) and the mean of each of its channels,
// within the range of values.
struct RandomContrast {
  Required<Config> factor = unset;
  std::vector<double> value_range = {0, 255};
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomContrast>("RandomContrast", "In training raises or lowers the contrast of images at random.",
        field("factor", &RandomContrast::factor, "f: c is 1 to 1 + f, as in Keras; [low, high]: 1 - low to 1 + high."),
        field("value_range", &RandomContrast::value_range, "Lowest and highest value of an image."),
        field("seed", &RandomContrast::seed, "Makes this layer's random stream differ."),
        data_format_field<RandomContrast>(), layer_fields<RandomContrast>());
  }

  Value call(Scope& s, Value input) const {
    const Range range = range_of("RandomContrast", "factor", *factor, {0, 1}), values = value_range_of("RandomContrast", value_range);
    const Value x = images_of(s, input, data_format);
    if (!s.training()) return from_channels_last(x, data_format);
    image_size("RandomContrast", x);
    const Value c = cast(per_image(draw(s, x, seed, {1 - range.low, 1 + range.high})), x.dtype()), middle = mean(x, Axes{1, 2}, true);
    return from_channels_last(clip((x - middle) * c + middle, values.low, values.high), data_format);
  }
};

}  // namespace strata
