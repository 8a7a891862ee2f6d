// Sixteen floats. The compiler cuts them to the width of the set's registers; what they hold is the same on all.
#pragma once

#include "backend/cpu/tiles/math.h"

namespace strata::cpu::STRATA_ISA {
namespace {

using Lanes = float __attribute__((vector_size(64)));
constexpr std::int64_t lanes = 16;

// At any address.
STRATA_INLINE Lanes load(const float* x) {
  Lanes v;
  __builtin_memcpy(&v, x, sizeof v);
  return v;
}
STRATA_INLINE void store(float* y, Lanes v) { __builtin_memcpy(y, &v, sizeof v); }
STRATA_INLINE Lanes all(float x) { return Lanes{} + x; }
STRATA_INLINE Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }
// The first n < 16 of x, `rest` behind them.
STRATA_INLINE Lanes load_some(const float* x, std::int64_t n, float rest) {
  float a[lanes];
  for (std::int64_t i = 0; i < lanes; ++i) a[i] = i < n ? x[i] : rest;
  return load(a);
}
// In halves: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
STRATA_INLINE float total(Lanes v) {
  float a[lanes];
  store(a, v);
  for (std::int64_t h = lanes / 2; h > 0; h /= 2)
    for (std::int64_t i = 0; i < h; ++i) a[i] += a[i + h];
  return a[0];
}
STRATA_INLINE float largest(Lanes v) {
  float a[lanes];
  store(a, v);
  for (std::int64_t h = lanes / 2; h > 0; h /= 2)
    for (std::int64_t i = 0; i < h; ++i) a[i] = a[i] > a[i + h] ? a[i] : a[i + h];
  return a[0];
}

}  // namespace
}  // namespace strata::cpu::STRATA_ISA
