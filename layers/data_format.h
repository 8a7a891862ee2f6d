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

// The two edges of spatial axis i of an image, from n (all four), [height, width] or [[top, bottom], [left, right]].
inline Padding image_edges(const std::string& layer, const std::string& argument, const Config& given, std::size_t i) {
  const auto fail = [&] {
    throw Error(ErrorKind::spec, layer + ": " + argument + " must be a number, two numbers or two pairs of numbers, at least 0; received " + given.str());
  };
  const auto number = [&](const Config& c) {
    const auto* n = c.as<std::int64_t>();
    if (!n || *n < 0) fail();
    return *n;
  };
  const auto pair = [&](const Config& c) -> const Config::List* {
    const auto* list = c.as<Config::List>();
    if (list && list->size() != 2) fail();
    return list;
  };
  const auto* both = pair(given);
  const Config& mine = both ? (*both)[i] : given;
  const auto* sides = both ? pair(mine) : nullptr;
  return sides ? Padding{number((*sides)[0]), number((*sides)[1]), 0} : Padding{number(mine), number(mine), 0};
}

}  // namespace strata
