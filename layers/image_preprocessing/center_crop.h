#pragma once

#include <strata/layers/image_preprocessing/resize.h>

namespace strata {

// The middle of images (N, height, width, C). Of an image that is smaller in an axis: its largest window of the result's aspect
// ratio, resized.
struct CenterCrop {
  Required<std::int64_t> height = unset;
  Required<std::int64_t> width = unset;
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<CenterCrop>("CenterCrop", "The middle of images.",
        field("height", &CenterCrop::height, "Height of the result.", at_least(1)),
        field("width", &CenterCrop::width, "Width of the result.", at_least(1)),
        data_format_field<CenterCrop>(), layer_fields<CenterCrop>());
  }

  Value call(Scope& s, Value input) const {
    const Value x = images_of(s, input, data_format);
    const ImageSize from = image_size("CenterCrop", x), to{*height, *width};
    const bool holds = from.height >= to.height && from.width >= to.width;
    return from_channels_last(holds ? center_window(x, to) : resize(center_window(x, window_of(from, to)), to, "bilinear"), data_format);
  }
};

}  // namespace strata
