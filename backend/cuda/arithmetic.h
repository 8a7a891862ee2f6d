// The arithmetic of elements, for NVRTC, nvcc and, in tests, the host: what an element in memory is in a register, the
// functions that backend/functors.h leaves to its includer, and casts. As backend/reference has them; bfloat16 and float16
// are computed as float32 and rounded per operation.
#pragma once

#ifndef __CUDACC_RTC__
#include <math.h>
#include <string.h>

#include "backend/backend.h"
#endif
#include "backend/functors.h"

#ifdef __CUDACC__
#define STRATA_INLINE __host__ __device__ __forceinline__
#else
#define STRATA_INLINE inline
#endif

namespace strata { namespace cuda {

using Int64 = long long;
using UInt64 = unsigned long long;
struct BFloat16 { unsigned short bits; };
struct Float16 { unsigned short bits; };

template <class T> struct IsFloating { static constexpr bool value = false; };
template <> struct IsFloating<float> { static constexpr bool value = true; };
template <> struct IsFloating<double> { static constexpr bool value = true; };

STRATA_INLINE float float_of_bits(unsigned bits) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
#endif
}
STRATA_INLINE double double_of_bits(UInt64 bits) {
#ifdef __CUDA_ARCH__
  return __longlong_as_double((Int64)bits);
#else
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
#endif
}

// --- memory and registers --------------------------------------------------------------------------------------------------

template <class S> STRATA_INLINE S load(S x) { return x; }
STRATA_INLINE float load(BFloat16 x) { return float_of_bits((unsigned)x.bits << 16); }
STRATA_INLINE float load(Float16 x) {
#ifdef __CUDA_ARCH__
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
  return y;
#elif defined(__CUDACC_RTC__)
  return 0;  // no host
#else
  return float16_to_float(x.bits);
#endif
}

// To an element of type S. From a float to an integer: towards zero, NaN gives 0, what does not fit gives the nearest end.
// Between integers: modulo 2^bits. To a boolean: whether it is not 0.
template <class S> struct Store {
  template <class V> static STRATA_INLINE S of(V v) { return (S)v; }
};
template <class S, class V> STRATA_INLINE S saturated(V v, S low, S high) {
  if (!(v == v)) return 0;
  if (v <= (V)low) return low;
  if (v >= (V)high) return high;
  return (S)v;
}
template <class S> struct StoreInteger {
  template <class V> static STRATA_INLINE S of(V v, S low, S high) {
    if constexpr (IsFloating<V>::value) return saturated<S, V>(v, low, high);
    else return (S)v;
  }
};
template <> struct Store<int> {
  template <class V> static STRATA_INLINE int of(V v) { return StoreInteger<int>::of(v, -2147483647 - 1, 2147483647); }
};
template <> struct Store<Int64> {
  template <class V> static STRATA_INLINE Int64 of(V v) { return StoreInteger<Int64>::of(v, -9223372036854775807LL - 1, 9223372036854775807LL); }
};
template <> struct Store<unsigned char> {
  template <class V> static STRATA_INLINE unsigned char of(V v) { return StoreInteger<unsigned char>::of(v, (unsigned char)0, (unsigned char)255); }
};
template <> struct Store<bool> {
  template <class V> static STRATA_INLINE bool of(V v) { return v != V(0); }
};
template <> struct Store<BFloat16> {
  template <class V> static STRATA_INLINE BFloat16 of(V v) {
#ifdef __CUDA_ARCH__
    BFloat16 y;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"((float)v));
    return y;
#elif defined(__CUDACC_RTC__)
    return {0};
#else
    return {float_to_bfloat16((float)v)};
#endif
  }
};
template <> struct Store<Float16> {
  template <class V> static STRATA_INLINE Float16 of(V v) {
#ifdef __CUDA_ARCH__
    Float16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"((float)v));
    return y;
#elif defined(__CUDACC_RTC__)
    return {0};
#else
    return {float_to_float16((float)v)};
#endif
  }
};
template <class S, class V> STRATA_INLINE S store(V v) { return Store<S>::of(v); }
// What a register holds of v after it was an element of type S.
template <class S, class V> STRATA_INLINE auto rounded(V v) { return load(store<S>(v)); }

// --- the functions that the lists leave open -------------------------------------------------------------------------------

template <class T> STRATA_INLINE T abs_(T x) { return x < T(0) ? T(-x) : x; }
STRATA_INLINE float abs_(float x) { return fabsf(x); }
STRATA_INLINE double abs_(double x) { return fabs(x); }
#define STRATA_LIBRARY(name, function)                             \
  STRATA_INLINE float name##_(float x) { return function##f(x); } \
  STRATA_INLINE double name##_(double x) { return function(x); }
STRATA_LIBRARY(sqrt, sqrt)
STRATA_LIBRARY(exp, exp)
STRATA_LIBRARY(expm1, expm1)
STRATA_LIBRARY(log, log)
STRATA_LIBRARY(log1p, log1p)
STRATA_LIBRARY(sin, sin)
STRATA_LIBRARY(cos, cos)
STRATA_LIBRARY(tanh, tanh)
STRATA_LIBRARY(erf, erf)
STRATA_LIBRARY(floor, floor)
STRATA_LIBRARY(ceil, ceil)
STRATA_LIBRARY(round, rint)  // ties to even
#undef STRATA_LIBRARY

STRATA_INLINE float pow_(float x, float y) { return powf(x, y); }
STRATA_INLINE double pow_(double x, double y) { return pow(x, y); }
// Integers: by squaring, modulo 2^bits. A negative exponent gives 1/x^|y| rounded towards zero (0 for x = 0).
template <class T> STRATA_INLINE T pow_(T x, T y) {
  if (y < T(0)) return x == T(1) ? T(1) : T(x + 1) == T(0) ? (y % 2 != 0 ? x : T(1)) : T(0);
  UInt64 result = 1, base = (UInt64)x;
  for (UInt64 n = (UInt64)y; n > 0; n >>= 1, base *= base)
    if (n & 1) result *= base;
  return (T)result;
}

// x - y * floor(x / y), the sign of the divisor. Integers: 0 where the divisor is 0, as NumPy has it.
STRATA_INLINE float mod_(float x, float y) {
  const float r = fmodf(x, y);
  if (r == 0.0f) return copysignf(0.0f, y);
  return (r < 0.0f) != (y < 0.0f) ? r + y : r;
}
STRATA_INLINE double mod_(double x, double y) {
  const double r = fmod(x, y);
  if (r == 0.0) return copysign(0.0, y);
  return (r < 0.0) != (y < 0.0) ? r + y : r;
}
template <class T> STRATA_INLINE T mod_(T x, T y) {
  if (y == T(0) || (T(-1) < T(0) && y == T(-1))) return 0;  // the lowest number / -1 does not fit
  const T r = (T)(x % y);
  return r != T(0) && (r < T(0)) != (y < T(0)) ? (T)(r + y) : r;
}
STRATA_INLINE float floor_divide_(float x, float y) { return y == 0.0f ? x / y : roundf((x - mod_(x, y)) / y); }
STRATA_INLINE double floor_divide_(double x, double y) { return y == 0.0 ? x / y : round((x - mod_(x, y)) / y); }
template <class T> STRATA_INLINE T floor_divide_(T x, T y) {
  if (y == T(0)) return 0;
  if (T(-1) < T(0) && y == T(-1)) return (T)(0 - (UInt64)x);
  const T q = (T)(x / y);
  return x % y != T(0) && (x < T(0)) != (y < T(0)) ? (T)(q - 1) : q;
}

template <class T> struct Functors {
#define STRATA_ROW(name, expression) \
  static STRATA_INLINE T name(T x) { return (T)(expression); }
  STRATA_UNARY(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression) \
  static STRATA_INLINE T name(T x, T y) { return (T)(expression); }
  STRATA_BINARY(STRATA_ROW)
  STRATA_LOGICAL_BINARY(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression) \
  static STRATA_INLINE bool name(T x, T y) { return expression; }
  STRATA_COMPARISON(STRATA_ROW)
#undef STRATA_ROW
#define STRATA_ROW(name, expression) \
  static STRATA_INLINE bool name(T x) { return expression; }
  STRATA_TEST(STRATA_ROW)
#undef STRATA_ROW
};

// Neighbours that one instruction moves.
template <class S, int N> struct alignas(sizeof(S) * N) Pack { S at[N]; };

} }  // namespace strata::cuda
