// Padding and cropping: how many elements at the two edges of each spatial axis.
#pragma once

#include <string>
#include <vector>

#include <strata/layers/window.h>

namespace strata {

// The edges of `spatial` axes, from n (everywhere), one number per axis, or one [before, after] per axis.
inline std::vector<Padding> spatial_edges(const std::string& layer, const std::string& argument, const Config& given, std::size_t spatial) {
  const auto fail = [&] {
    const std::string n = spatial == 2 ? "two" : "three";
    throw Error(ErrorKind::spec, layer + ": " + argument + " must be a number, " + n + " numbers or " + n +
                                     " pairs of numbers, at least 0; received " + given.str());
  };
  const auto number = [&](const Config& c) {
    const auto* n = c.as<std::int64_t>();
    if (!n || *n < 0) fail();
    return *n;
  };
  const auto list = [&](const Config& c, std::size_t length) {
    const auto* items = c.as<Config::List>();
    if (items && items->size() != length) fail();
    return items;
  };
  std::vector<Padding> edges;
  const auto* each = list(given, spatial);
  for (std::size_t i = 0; i < spatial; ++i) {
    const Config& mine = each ? (*each)[i] : given;
    const auto* sides = each ? list(mine, 2) : nullptr;
    edges.push_back(sides ? Padding{number((*sides)[0]), number((*sides)[1]), 0} : Padding{number(mine), number(mine), 0});
  }
  return edges;
}

inline int first_spatial(const std::optional<std::string>& data_format) { return is_channels_first(data_format) ? 2 : 1; }

// x with zeros at the edges of its spatial axes, the first of which is `first`.
inline Value padded(Value x, int first, const std::vector<Padding>& edges) {
  std::vector<Padding> all(static_cast<std::size_t>(x.rank()));
  for (std::size_t i = 0; i < edges.size(); ++i) all[static_cast<std::size_t>(first) + i] = edges[i];
  return pad(x, all);
}

// x without the edges.
inline Value cropped(const std::string& layer, Value x, int first, const std::vector<Padding>& edges) {
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const int axis = first + static_cast<int>(i);
    const Padding& edge = edges[i];
    const Dim left = x.dim(axis) - Dim(edge.low) - Dim(edge.high);
    if (left.is_known() && left.value() < 1)
      throw Error(ErrorKind::spec, layer + ": cropping takes " + std::to_string(edge.low) + " and " + std::to_string(edge.high) + " off axis " +
                                       std::to_string(axis) + " of its input " + x.shape().str() + ": nothing is left", "crop less");
    x = slice(x, axis, edge.low, x.dim(axis) - Dim(edge.high));
  }
  return x;
}

}  // namespace strata
