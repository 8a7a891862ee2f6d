#pragma once

#include <numbers>

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// In training turns each image (N, height, width, C) by a random angle around its middle.
struct RandomRotation {
  Required<Config> factor = unset;
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";
  std::optional<std::int64_t> seed = {};
  double fill_value = 0;
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomRotation>("RandomRotation", "In training turns images at random.",
        field("factor", &RandomRotation::factor, "f: by -f to f of a whole turn, counter-clockwise; [low, high]: by that range."),
        sampling_fields<RandomRotation>(),
        field("seed", &RandomRotation::seed, "Makes this layer's random stream differ."),
        field("fill_value", &RandomRotation::fill_value, "What fill_mode constant fills with."),
        data_format_field<RandomRotation>(), layer_fields<RandomRotation>());
  }

  Value call(Scope& s, Value input) const {
    const Range turn = range_of("RandomRotation", "factor", *factor, {-1, 1});
    const Value x = images_of(s, input, data_format);
    if (!s.training()) return from_channels_last(x, data_format);
    const ImageSize size = image_size("RandomRotation", x);
    const Value angle = draw(s, x, seed, turn) * (2 * std::numbers::pi), c = cos(angle), si = sin(angle);
    const double cx = 0.5 * static_cast<double>(size.width - 1), cy = 0.5 * static_cast<double>(size.height - 1);
    const Affine rotation{.a0 = c, .a1 = -si, .a2 = cx - cx * c + cy * si, .b0 = si, .b1 = c, .b2 = cy - cx * si - cy * c};
    return from_channels_last(affine(x, rotation, {interpolation, fill_mode, fill_value}), data_format);
  }
};

}  // namespace strata
