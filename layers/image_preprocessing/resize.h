// Images of another height and width, as Resizing, CenterCrop and RandomCrop make them.
#pragma once

#include <numbers>
#include <vector>

#include <strata/layers/image_preprocessing/images.h>

namespace strata {

// How much each of `from` pixels counts for each of `to`: (to, from). A kernel around the place that a pixel comes from, as
// wide as the pixel is large where antialias is set; its weights sum to 1.
// Source: Keys 1981 (bicubic); Duchon 1979 (lanczos).
inline Tensor resize_weights(std::int64_t from, std::int64_t to, const std::string& interpolation, bool antialias) {
  const auto kernel = [&](double x) {
    if (interpolation == "bilinear") return std::max(0.0, 1 - x);
    if (interpolation == "bicubic") return x >= 2 ? 0 : x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : ((1.5 * x - 2.5) * x) * x + 1;
    const double radius = interpolation == "lanczos3" ? 3 : 5, pi = std::numbers::pi;
    return x > radius ? 0 : x > 1e-3 ? radius * std::sin(pi * x) * std::sin(pi * x / radius) / (pi * pi * x * x) : 1;
  };
  const double scale = static_cast<double>(from) / static_cast<double>(to), width = antialias ? std::max(scale, 1.0) : 1;
  Tensor weights(DType::float64, {to, from});
  for (std::int64_t i = 0; i < to; ++i) {
    const double place = (static_cast<double>(i) + 0.5) * scale - 0.5;
    double sum = 0;
    for (std::int64_t j = 0; j < from; ++j) sum += kernel(std::abs(place - static_cast<double>(j)) / width);
    for (std::int64_t j = 0; j < from; ++j) weights.set(i * from + j, kernel(std::abs(place - static_cast<double>(j)) / width) / sum);
  }
  return weights;
}

inline Value resize(Value x, ImageSize to, const std::string& interpolation, bool antialias = false) {
  const std::int64_t height = x.dim(1).value(), width = x.dim(2).value();
  if (height == to.height && width == to.width) return x;
  if (interpolation == "nearest") {
    const auto places = [&](std::int64_t from, std::int64_t n, const Shape& shape) {
      Tensor t(DType::int64, {n});
      for (std::int64_t i = 0; i < n; ++i) t.set(i, std::floor((static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(n)));
      return reshape(constant(x, t), shape);
    };
    return pixels(x, places(height, to.height, Shape{1, to.height, 1}), places(width, to.width, Shape{1, 1, to.width}));
  }
  const Dim n = x.dim(0), channels = x.dim(3);
  const DType dtype = statistics_dtype(x.dtype());
  const auto weights = [&](std::int64_t from, std::int64_t count) { return constant(x, resize_weights(from, count, interpolation, antialias).astype(dtype)); };
  Value y = cast(x, dtype);
  if (height != to.height) y = matmul(weights(height, to.height), reshape(y, Shape{n, height, Dim(width) * channels}));
  if (width != to.width) y = matmul(weights(width, to.width), reshape(y, Shape{n * Dim(to.height), width, channels}));
  return cast(reshape(y, Shape{n, to.height, to.width, channels}), x.dtype());
}

// The largest window of a size's aspect ratio that an image of size `from` holds.
inline ImageSize window_of(ImageSize from, ImageSize to) {
  const auto part = [](std::int64_t a, std::int64_t b, std::int64_t c) { return static_cast<std::int64_t>(static_cast<double>(a * b) / static_cast<double>(c)); };
  return {std::max<std::int64_t>(std::min(from.height, part(from.width, to.height, to.width)), 1),
          std::max<std::int64_t>(std::min(from.width, part(from.height, to.width, to.height)), 1)};
}
inline Value window(Value x, std::int64_t top, std::int64_t left, ImageSize size) {
  return slice(slice(x, 1, top, top + size.height), 2, left, left + size.width);
}
inline Value center_window(Value x, ImageSize size) {
  return window(x, (x.dim(1).value() - size.height) / 2, (x.dim(2).value() - size.width) / 2, size);
}

}  // namespace strata
