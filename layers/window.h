// What layers with a sliding window (convolution, pooling) check before they use it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <strata/layers/data_format.h>

namespace strata {

// "5x5".
template <class T>
std::string by_axis(const T& sizes) {
  std::string text;
  for (const auto& n : sizes) {
    text += text.empty() ? "" : "x";
    if constexpr (std::is_same_v<std::decay_t<decltype(n)>, Dim>) text += n.is_known() ? n.str() : "None";
    else text += std::to_string(n);
  }
  return text;
}

// Batch, channels and `spatial` axes: 1 (steps), 2 (an image) or 3 (a volume).
inline void check_spatial(const std::string& layer, Value x, int spatial, const std::optional<std::string>& data_format = {}) {
  if (x.rank() == spatial + 2) return;
  const std::string axes = spatial == 1 ? "steps" : spatial == 2 ? "height, width" : "depth, height, width";
  throw Error(ErrorKind::spec,
              layer + " takes an input of " + std::to_string(spatial + 2) + " axes, " +
                  (is_channels_first(data_format) ? "(batch, channels, " + axes + ")" : "(batch, " + axes + ", channels)") + "; received " +
                  x.shape().str(),
              "a Reshape before it can add an axis");
}

// x (N, spatial..., C). `what`: "kernel", "pool".
inline void check_window(const std::string& layer, const std::string& what, const std::string& argument, Value x,
                         const Window& window) {
  const Shape spatial = x.shape().slice(1, x.rank() - 1);
  std::int64_t most = -1;  // the largest size that fits every axis
  bool fits = true;
  for (int i = 0; i < spatial.rank(); ++i) {
    if (!spatial[i].is_known()) continue;
    const auto at = static_cast<std::size_t>(i);
    const std::int64_t dilation = window.dilation.empty() ? 1 : window.dilation[at], n = spatial[i].value();
    fits = fits && (window.size[at] - 1) * dilation + 1 <= n;
    const std::int64_t largest = n < 1 ? 0 : (n - 1) / dilation + 1;
    most = most < 0 ? largest : std::min(most, largest);
  }
  if (fits || window.padding != PaddingMode::valid) return;
  std::string text = layer + ": " + what + " " + by_axis(window.size);
  const auto& dilation = window.dilation;
  if (std::any_of(dilation.begin(), dilation.end(), [](auto d) { return d != 1; })) text += " with dilation " + by_axis(dilation);
  throw Error(ErrorKind::spec, text + " is larger than its input " + by_axis(spatial),
              most < 1 ? "the input has an empty axis: an earlier layer left nothing of it"
                       : "use padding: same, or " + argument + " of at most " + std::to_string(most));
}

inline PaddingMode padding_mode(const std::string& padding) {
  return padding == "same" ? PaddingMode::same : padding == "causal" ? PaddingMode::causal : PaddingMode::valid;
}

}  // namespace strata
