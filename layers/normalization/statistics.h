// Statistics of half precision inputs are taken in float32.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <strata/layer.h>

namespace strata {

inline DType statistics_dtype(DType t) { return is_floating(t) && size_of(t) >= 4 ? t : DType::float32; }
inline Value for_statistics(Value x) { return cast(x, statistics_dtype(x.dtype())); }

// The axes of `axes` counted from 0, in order; each once.
inline Axes sorted_axes(const std::string& layer, const std::vector<std::int64_t>& axes, Value x) {
  Axes sorted;
  for (const std::int64_t axis : axes) {
    const auto a = static_cast<int>(axis < 0 ? axis + x.rank() : axis);
    if (a < 0 || a >= x.rank())
      throw Error(ErrorKind::spec, layer + ": axis " + std::to_string(axis) + " is outside its input " + x.shape().str());
    if (std::find(sorted.begin(), sorted.end(), a) != sorted.end())
      throw Error(ErrorKind::spec, layer + ": axis names one axis of its input " + x.shape().str() + " twice");
    sorted.push_back(a);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// The shape of x with every axis outside `kept` 1: what a value per kept element broadcasts from.
inline Shape kept_shape(Value x, const Axes& kept) {
  Shape shape = x.shape();
  for (int i = 0; i < x.rank(); ++i)
    if (std::find(kept.begin(), kept.end(), i) == kept.end()) shape[i] = 1;
  return shape;
}

// x / max(|x|, epsilon) with the Euclidean norm over `axes`.
inline Value unit_vectors(Value x, const Axes& axes, double epsilon) {
  const Value wide = for_statistics(x);
  return cast(wide * rsqrt(maximum(sum(square(wide), axes, true), epsilon * epsilon)), x.dtype());
}

}  // namespace strata
