// Layers compute on (N, spatial..., C). With data_format "channels_first" a layer takes and gives (N, C, spatial...), by
// a transpose at each of its edges.
#pragma once

#include <optional>
#include <string>

#include <strata/layer.h>

namespace strata {

template <class T>
Field data_format_field() {
  return field("data_format", &T::data_format, "Where the channels are: channels_last (which null means) or channels_first.",
               one_of({"channels_last", "channels_first"}));
}

inline bool is_channels_first(const std::optional<std::string>& data_format) { return data_format == "channels_first"; }

inline Value to_channels_last(Value x, const std::optional<std::string>& data_format) {
  if (!is_channels_first(data_format) || x.rank() < 3) return x;
  Axes axes{0};
  for (int i = 2; i < x.rank(); ++i) axes.push_back(i);
  axes.push_back(1);
  return transpose(x, axes);
}

inline Value from_channels_last(Value y, const std::optional<std::string>& data_format) {
  if (!is_channels_first(data_format) || y.rank() < 3) return y;
  Axes axes{0, y.rank() - 1};
  for (int i = 1; i + 1 < y.rank(); ++i) axes.push_back(i);
  return transpose(y, axes);
}

}  // namespace strata
