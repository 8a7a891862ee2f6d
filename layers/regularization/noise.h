// What the layers that add noise while training share. Every draw belongs to (seed, layer, step, element).
#pragma once

#include <string>

#include <strata/layer.h>

namespace strata {

template <class T>
Field seed_field() {
  return field("seed", &T::seed, "Makes this layer's random stream differ.");
}

// `given` with the input's number for every axis that is open.
inline Shape noise_shape_of(const std::string& layer, const Shape& given, Value x) {
  if (given.rank() != x.rank())
    throw Error(ErrorKind::spec, layer + ": noise_shape has " + std::to_string(given.rank()) + " axes, its input " + x.shape().str() + " has " +
                                     std::to_string(x.rank()),
                "give one number per axis, the batch included; null takes the input's");
  Shape shape = given;
  for (int i = 0; i < shape.rank(); ++i)
    if (!shape[i].is_known()) shape[i] = x.dim(i);
  return shape;
}

// Draws are made in the dtype of x, those of half precision in float32.
inline DType draw_dtype(Value x) { return x.dtype() == DType::float64 ? DType::float64 : DType::float32; }

// Normal numbers of mean 0 and deviation 1, one per element of x.
inline Value normal_like(Value x, const Scope::Random& random) {
  return cast(random_normal(random.state, random.stream, x.shape(), draw_dtype(x)), x.dtype());
}

// x where one draw per element of `shape`, which broadcasts to x, is at least `rate`, scaled up; else 0.
inline Value dropped(Value x, const Shape& shape, double rate, const Scope::Random& random) {
  if (rate == 1) return zeros_like(x);
  return x * dropout(full(x, shape, 1, x.dtype()), random.state, rate, random.stream);
}

}  // namespace strata
