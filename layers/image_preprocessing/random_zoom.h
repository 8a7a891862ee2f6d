#pragma once

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// In training enlarges or shrinks each image (N, height, width, C) around its middle by a random factor; its size stays.
struct RandomZoom {
  Required<Config> height_factor = unset;
  Config width_factor = {};
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";
  std::optional<std::int64_t> seed = {};
  double fill_value = 0;
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomZoom>("RandomZoom", "In training enlarges or shrinks images at random.",
        field("height_factor", &RandomZoom::height_factor,
              "f: what is seen is 1 - f to 1 + f times as high as the image; [low, high]: 1 + low to 1 + high times."),
        field("width_factor", &RandomZoom::width_factor, "The same for the width; null: as the height, so that the aspect ratio stays."),
        sampling_fields<RandomZoom>(),
        field("seed", &RandomZoom::seed, "Makes this layer's random stream differ."),
        field("fill_value", &RandomZoom::fill_value, "What fill_mode constant fills with."),
        data_format_field<RandomZoom>(), layer_fields<RandomZoom>());
  }

  Value call(Scope& s, Value input) const {
    const auto range = [](const char* argument, const Config& given) {
      const Range r = range_of("RandomZoom", argument, given, {-1, 1});
      if (r.low <= -1) throw Error(ErrorKind::spec, std::string("RandomZoom: ") + argument + " must be above -1, received " + given.str());
      return r;
    };
    const Range high = range("height_factor", *height_factor), wide = width_factor.is_null() ? high : range("width_factor", width_factor);
    const Value x = images_of(s, input, data_format);
    if (!s.training()) return from_channels_last(x, data_format);
    const ImageSize size = image_size("RandomZoom", x);
    const Value zy = draw(s, x, seed, high) + 1, zx = width_factor.is_null() ? zy : draw(s, x, seed, wide) + 1;
    const double cx = 0.5 * static_cast<double>(size.width - 1), cy = 0.5 * static_cast<double>(size.height - 1);
    const Affine zoom{.a0 = zx, .a1 = {}, .a2 = cx * (1 - zx), .b0 = {}, .b1 = zy, .b2 = cy * (1 - zy)};
    return from_channels_last(affine(x, zoom, {interpolation, fill_mode, fill_value}), data_format);
  }
};

}  // namespace strata
