// The arithmetic of sliding windows along one axis, for convolution and pooling: the graph and every kernel use this one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace strata {

// Elements of the axis that a window spans: its elements lie `dilation` apart.
constexpr std::int64_t window_span(std::int64_t size, std::int64_t dilation) { return (size - 1) * dilation + 1; }

// There are floor((input - reach) / stride) + 1 windows. A window of `valid` lies inside; of `same` and `causal` there is
// one for every stride-th element.
constexpr std::int64_t window_reach(std::string_view padding, std::int64_t span) { return padding == "valid" ? span : 1; }

struct WindowAxis {
  std::int64_t output;     // number of windows
  std::int64_t low, high;  // padding before and after
};

// As Keras (and TensorFlow) count: `same` puts the odd element of padding after, `causal` puts all of it before, so that
// window i sees no element after i * stride.
constexpr WindowAxis window_axis(std::string_view padding, std::int64_t input, std::int64_t size, std::int64_t stride,
                                 std::int64_t dilation) {
  const std::int64_t span = window_span(size, dilation), reach = window_reach(padding, span);
  const std::int64_t output = input < reach ? 0 : (input - reach) / stride + 1;
  if (padding == "same") {
    const std::int64_t total = std::max<std::int64_t>((output - 1) * stride + span - input, 0);
    return {output, total / 2, total - total / 2};
  }
  return {output, padding == "causal" ? span - 1 : 0, 0};
}

}  // namespace strata
