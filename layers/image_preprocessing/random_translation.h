#pragma once

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// In training moves each image (N, height, width, C) by a random part of its height and width.
struct RandomTranslation {
  Required<Config> height_factor = unset;
  Required<Config> width_factor = unset;
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";
  std::optional<std::int64_t> seed = {};
  double fill_value = 0;
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomTranslation>("RandomTranslation", "In training moves images at random.",
        field("height_factor", &RandomTranslation::height_factor, "f: down by -f to f of the height; [low, high]: by that range."),
        field("width_factor", &RandomTranslation::width_factor, "f: right by -f to f of the width; [low, high]: by that range."),
        sampling_fields<RandomTranslation>(),
        field("seed", &RandomTranslation::seed, "Makes this layer's random stream differ."),
        field("fill_value", &RandomTranslation::fill_value, "What fill_mode constant fills with."),
        data_format_field<RandomTranslation>(), layer_fields<RandomTranslation>());
  }

  Value call(Scope& s, Value input) const {
    const Range down = range_of("RandomTranslation", "height_factor", *height_factor, {-1, 1});
    const Range right = range_of("RandomTranslation", "width_factor", *width_factor, {-1, 1});
    const Value x = images_of(s, input, data_format);
    if (!s.training()) return from_channels_last(x, data_format);
    const ImageSize size = image_size("RandomTranslation", x);
    const Value dy = draw(s, x, seed, down) * size.height, dx = draw(s, x, seed, right) * size.width, one = ones_like(dy);
    const Affine moved{.a0 = one, .a1 = {}, .a2 = -dx, .b0 = {}, .b1 = one, .b2 = -dy};
    return from_channels_last(affine(x, moved, {interpolation, fill_mode, fill_value}), data_format);
  }
};

}  // namespace strata
