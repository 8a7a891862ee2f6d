#pragma once

#include <strata/layers/image_preprocessing/resize.h>

namespace strata {

// A window of images (N, height, width, C): in training at a random place, the same for all images of a batch; otherwise the
// largest one in the middle that has the result's aspect ratio, resized. (As Keras documents it, and as its output shape says;
// 3.15.1 itself leaves images whole outside training.) In training images that are not larger in both axes are cut from where
// that window begins, and resized.
struct RandomCrop {
  Required<std::int64_t> height = unset;
  Required<std::int64_t> width = unset;
  std::optional<std::int64_t> seed = {};
  std::optional<std::string> data_format = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RandomCrop>("RandomCrop", "In training a window of images at a random place; otherwise in the middle.",
        field("height", &RandomCrop::height, "Height of the result.", at_least(1)),
        field("width", &RandomCrop::width, "Width of the result.", at_least(1)),
        field("seed", &RandomCrop::seed, "Makes this layer's random stream differ."),
        data_format_field<RandomCrop>(), layer_fields<RandomCrop>());
  }

  Value call(Scope& s, Value input) const {
    const Value x = images_of(s, input, data_format);
    const ImageSize from = image_size("RandomCrop", x), to{*height, *width};
    const ImageSize largest = window_of(from, to);
    if (!s.training()) return from_channels_last(resize(center_window(x, largest), to, "bilinear"), data_format);
    if (from.height <= to.height || from.width <= to.width) {
      const std::int64_t top = (from.height - largest.height) / 2, left = (from.width - largest.width) / 2;
      const ImageSize cut{std::min(to.height, from.height - top), std::min(to.width, from.width - left)};
      return from_channels_last(resize(window(x, top, left, cut), to, "bilinear"), data_format);
    }
    const auto places = [&](std::int64_t most, std::int64_t n, const Shape& shape) {  // first place 0 ... most
      const Scope::Random random = s.random(seed);
      const Value u = random_uniform(random.state, random.stream, Shape{1}, statistics_dtype(x.dtype()));
      return reshape(iota(x, n, DType::int64) + cast(floor(u * static_cast<double>(most + 1)), DType::int64), shape);
    };
    const Value rows = places(from.height - to.height, to.height, Shape{1, to.height, 1});
    return from_channels_last(pixels(x, rows, places(from.width - to.width, to.width, Shape{1, 1, to.width})), data_format);
  }
};

}  // namespace strata
