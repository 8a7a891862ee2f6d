// What the layers on images share: their form, ranges of factors, and reading pixels at places that are computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <strata/layers/data_format.h>
#include <strata/layers/normalization/statistics.h>

namespace strata {

struct ImageSize { std::int64_t height, width; };

// x is (N, height, width, C), and its height and width are numbers.
inline ImageSize image_size(const std::string& layer, Value x) {
  if (x.rank() != 4 || !x.dim(1).is_known() || !x.dim(2).is_known())
    throw Error(ErrorKind::spec, layer + " takes images (batch, height, width, channels) whose height and width are numbers, received " + x.shape().str());
  return {x.dim(1).value(), x.dim(2).value()};
}

// The images of a layer as (N, height, width, C) in its compute dtype.
inline Value images_of(const Scope& s, Value x, const std::optional<std::string>& data_format) { return to_channels_last(cast(x, s.compute_dtype()), data_format); }

// The interval that an argument gives: [low, high], or a number f for [-f, f], within the bounds.
struct Range { double low, high; };
inline Range range_of(const std::string& layer, const std::string& argument, const Config& given, Range bounds) {
  const auto fail = [&] {
    throw Error(ErrorKind::spec, layer + ": " + argument + " must be a number or two numbers in [" + Config(bounds.low).str() + ", " + Config(bounds.high).str() +
                                     "], received " + given.str());
  };
  const auto* list = given.as<Config::List>();
  if (list ? list->size() != 2 || !(*list)[0].is_number() || !(*list)[1].is_number() : !given.is_number()) fail();
  if (list) {
    const auto [low, high] = std::minmax({(*list)[0].number(), (*list)[1].number()});
    if (low > bounds.high || high < bounds.low) fail();
    return {low, high};
  }
  const double f = std::abs(given.number());
  if (given.number() < bounds.low || f > bounds.high) fail();
  return {std::max(-f, bounds.low), f};
}

inline Range value_range_of(const std::string& layer, const std::vector<double>& range) {
  if (range.size() != 2) throw Error(ErrorKind::spec, layer + ": value_range must be the lowest and the highest value");
  const auto [low, high] = std::minmax({range[0], range[1]});
  return {low, high};
}

// One draw for each image, of shape (N) and the dtype in which x is computed with.
inline Value draw(Scope& s, Value x, const std::optional<std::int64_t>& seed, Range range) {
  const Scope::Random random = s.random(seed);
  const Value u = random_uniform(random.state, random.stream, Shape{x.dim(0)}, statistics_dtype(x.dtype()));
  return u * (range.high - range.low) + range.low;
}
// One value per image as (N, 1, 1, 1), which broadcasts over its pixels.
inline Value per_image(Value v) { return reshape(v, Shape{v.dim(0), 1, 1, 1}); }

// Pixels of each image at integer rows and columns, which broadcast to (N, h, w) and lie inside: (N, h, w, C).
inline Value pixels(Value x, Value rows, Value columns) {
  const std::int64_t height = x.dim(1).value(), width = x.dim(2).value();
  const Value first = reshape(iota(x, x.dim(0), DType::int64), Shape{x.dim(0), 1, 1}) * (height * width);
  const Value place = first + cast(rows, DType::int64) * width + cast(columns, DType::int64);
  return gather(reshape(x, Shape{x.dim(0) * Dim(height * width), x.dim(3)}), place);
}

struct Sampling {
  std::string interpolation, fill_mode;
  double fill_value;
};
template <class T>
Fields sampling_fields() {
  return {field("fill_mode", &T::fill_mode, "What lies outside an image: itself reflected or repeated, fill_value, or its nearest pixel.",
                one_of({"reflect", "wrap", "constant", "nearest"})),
          field("interpolation", &T::interpolation, "What lies between pixels.", one_of({"nearest", "bilinear"}))};
}

// x at the real rows and columns (N, h, w).
// Source: scipy.ndimage.map_coordinates, orders 0 and 1.
inline Value sample(Value x, Value rows, Value columns, const Sampling& how) {
  const std::int64_t height = x.dim(1).value(), width = x.dim(2).value();
  // A whole row or column number, and whether it lies inside.
  const auto inside = [](Value i, std::int64_t n) { return logical_and(i >= 0, i < n); };
  const auto brought_in = [&](Value i, std::int64_t n) {
    if (how.fill_mode == "wrap") return mod(i, n);
    if (how.fill_mode != "reflect") return clip(i, 0, static_cast<double>(n - 1));
    const Value m = mod(i, 2 * n);
    return minimum(m, (2 * n - 1) - m);
  };
  const auto at = [&](Value r, Value c) {
    const Value y = pixels(x, brought_in(r, height), brought_in(c, width));
    return how.fill_mode == "constant" ? select(expand_dims(logical_and(inside(r, height), inside(c, width)), -1), y, how.fill_value) : y;
  };
  if (how.interpolation == "nearest") {
    const auto nearest = [](Value v) { return sign(v) * floor(absolute(v) + 0.5); };
    return at(nearest(rows), nearest(columns));
  }
  const Value top = floor(rows), left = floor(columns);
  const Value down = cast(expand_dims(rows - top, -1), x.dtype()), right = cast(expand_dims(columns - left, -1), x.dtype());
  return at(top, left) * (1 - down) * (1 - right) + at(top, left + 1) * (1 - down) * right + at(top + 1, left) * down * (1 - right) +
         at(top + 1, left + 1) * down * right;
}

// The pixel at (row, column) of each result is that of x at (b0 column + b1 row + b2, a0 column + a1 row + a2); each of the
// coefficients is (N), or none for 0.
struct Affine { Value a0, a1, a2, b0, b1, b2; };
inline Value affine(Value x, const Affine& t, const Sampling& how) {
  const DType dtype = statistics_dtype(x.dtype());
  const Value row = reshape(iota(x, x.dim(1), dtype), Shape{1, x.dim(1), 1}), column = reshape(iota(x, x.dim(2), dtype), Shape{1, 1, x.dim(2)});
  const auto coordinate = [&](Value of_column, Value of_row, Value offset) {
    Value sum = reshape(offset, Shape{x.dim(0), 1, 1});
    if (of_column) sum = reshape(of_column, Shape{x.dim(0), 1, 1}) * column + sum;
    if (of_row) sum = reshape(of_row, Shape{x.dim(0), 1, 1}) * row + sum;
    return broadcast_to(sum, Shape{x.dim(0), x.dim(1), x.dim(2)});
  };
  return sample(x, coordinate(t.b0, t.b1, t.b2), coordinate(t.a0, t.a1, t.a2), how);
}

}  // namespace strata
