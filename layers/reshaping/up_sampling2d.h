#pragma once

#include <cmath>
#include <vector>

#include <strata/layers/window.h>

namespace strata {

// x (N, H, W, C) -> (N, H size[0], W size[1], C).
struct UpSampling2D {
  Sizes<2> size = 2;
  std::optional<std::string> data_format = {};
  std::string interpolation = "nearest";
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<UpSampling2D>("UpSampling2D", "Every row and column of its input several times, or values between them.",
        field("size", &UpSampling2D::size, "How many times rows and columns.", at_least(1)),
        data_format_field<UpSampling2D>(),
        field("interpolation", &UpSampling2D::interpolation,
              "nearest: the same value; bilinear: on the line between two neighbours. bicubic, lanczos3, lanczos5: not available.",
              one_of({"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"})),
        activity_field<UpSampling2D>(), layer_fields<UpSampling2D>());
  }

  Value call(Scope&, Value input) const {
    check_spatial("UpSampling2D", input, 2, data_format);
    if (interpolation != "nearest" && interpolation != "bilinear")
      throw Error(ErrorKind::spec, "UpSampling2D: interpolation '" + interpolation + "' is not available", "use nearest or bilinear");
    Value x = to_channels_last(input, data_format);
    for (int i = 0; i < 2; ++i) x = interpolation == "nearest" ? repeat(x, size[i], i + 1) : on_lines(x, size[i], i + 1);
    return from_channels_last(x, data_format);
  }

 private:
  // Element i stands in the middle of its `times` copies: copy k lies (k + 1/2) / times - 1/2 from it, on the line to the
  // neighbour on that side. Outside the edges lies the edge's own value.
  static Value on_lines(Value x, std::int64_t times, int axis) {
    if (times == 1) return x;
    const Dim n = x.dim(axis);
    const Value before = concatenate({slice(x, axis, 0, 1), slice(x, axis, 0, n - Dim(1))}, axis);
    const Value after = concatenate({slice(x, axis, 1, n), slice(x, axis, n - Dim(1), n)}, axis);
    std::vector<Value> copies;
    for (std::int64_t k = 0; k < times; ++k) {
      const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(times) - 0.5;
      copies.push_back(place == 0 ? x : x * (1 - std::abs(place)) + (place < 0 ? before : after) * std::abs(place));
    }
    Shape joined = x.shape();
    joined[axis] = n * Dim(times);
    return reshape(stack(copies, axis + 1), joined);
  }
};

}  // namespace strata
