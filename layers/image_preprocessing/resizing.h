#pragma once

#include <strata/layers/image_preprocessing/resize.h>

namespace strata {

// Images (N, height, width, C) of any size to one size.
struct Resizing {
  Required<std::int64_t> height = unset;
  Required<std::int64_t> width = unset;
  std::string interpolation = "bilinear";
  bool crop_to_aspect_ratio = false;
  bool pad_to_aspect_ratio = false;
  std::string fill_mode = "constant";
  double fill_value = 0;
  bool antialias = false;
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Resizing>("Resizing", "Images to one height and width.",
        field("height", &Resizing::height, "Height of the result.", at_least(1)),
        field("width", &Resizing::width, "Width of the result.", at_least(1)),
        field("interpolation", &Resizing::interpolation,
              "What lies between pixels.", one_of({"bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"})),
        field("crop_to_aspect_ratio", &Resizing::crop_to_aspect_ratio,
              "Whether the image is cut to the result's aspect ratio first, not distorted."),
        field("pad_to_aspect_ratio", &Resizing::pad_to_aspect_ratio,
              "Whether the image is padded to the result's aspect ratio first, not distorted."),
        field("fill_mode", &Resizing::fill_mode, "What padding holds.", one_of({"constant"})),
        field("fill_value", &Resizing::fill_value, "The value of padding."),
        field("antialias", &Resizing::antialias, "Whether an image that gets smaller is smoothed."),
        data_format_field<Resizing>(), layer_fields<Resizing>());
  }

  Value call(Scope& s, Value input) const {
    Value x = images_of(s, input, data_format);
    const ImageSize from = image_size("Resizing", x), to{*height, *width};
    if (crop_to_aspect_ratio && pad_to_aspect_ratio)
      throw Error(ErrorKind::spec, "Resizing: crop_to_aspect_ratio and pad_to_aspect_ratio are both given", "give one of them");
    if (crop_to_aspect_ratio) x = center_window(x, window_of(from, to));
    if (pad_to_aspect_ratio) {
      const auto edge = [](std::int64_t mine, std::int64_t other, std::int64_t to_mine, std::int64_t to_other) {
        const auto wanted = static_cast<std::int64_t>(static_cast<double>(other * to_mine) / static_cast<double>(to_other));
        return (std::max(mine, wanted) - mine) / 2;
      };
      const std::int64_t rows = edge(from.height, from.width, to.height, to.width), columns = edge(from.width, from.height, to.width, to.height);
      x = pad(x, {{}, {rows, rows, 0}, {columns, columns, 0}, {}}, fill_value);
    }
    return from_channels_last(resize(x, to, interpolation, antialias), data_format);
  }
};

}  // namespace strata
