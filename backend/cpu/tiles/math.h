// Elementary functions that a compiler can vectorise: no branch, no call, no table.
//
// float32: at most 2 ulp (tests/cpu/math_test.cpp) on normal numbers; where float arithmetic cannot hold that, the
// function is computed in double. float64 goes to the C library. Only IEEE operations in a stated order and no
// contraction, so every instruction set gives the same bits. Subnormal results are zero (FTZ).
// Polynomials of exp, log, tanh and erf: S. Moshier, Cephes Mathematical Library, single precision.
#pragma once

#include <cstdint>

namespace strata::cpu::STRATA_ISA {
namespace {

#define STRATA_INLINE [[gnu::always_inline]] inline

STRATA_INLINE std::int32_t bits(float x) { return __builtin_bit_cast(std::int32_t, x); }
STRATA_INLINE float from_bits(std::int32_t x) { return __builtin_bit_cast(float, x); }
STRATA_INLINE std::int64_t bits(double x) { return __builtin_bit_cast(std::int64_t, x); }
STRATA_INLINE double from_bits(std::int64_t x) { return __builtin_bit_cast(double, x); }

constexpr float infinity = __builtin_inff();

STRATA_INLINE float abs_(float x) { return __builtin_fabsf(x); }
STRATA_INLINE double abs_(double x) { return __builtin_fabs(x); }
STRATA_INLINE std::int32_t abs_(std::int32_t x) { return x < 0 ? -x : x; }
STRATA_INLINE std::int64_t abs_(std::int64_t x) { return x < 0 ? -x : x; }
STRATA_INLINE float sqrt_(float x) { return __builtin_sqrtf(x); }
STRATA_INLINE double sqrt_(double x) { return __builtin_sqrt(x); }
STRATA_INLINE float floor_(float x) { return __builtin_floorf(x); }
STRATA_INLINE double floor_(double x) { return __builtin_floor(x); }
STRATA_INLINE float ceil_(float x) { return __builtin_ceilf(x); }
STRATA_INLINE double ceil_(double x) { return __builtin_ceil(x); }
STRATA_INLINE float round_(float x) { return __builtin_rintf(x); }
STRATA_INLINE double round_(double x) { return __builtin_rint(x); }

// e^x = 2^k e^r, |r| <= ln2 / 2. 2^k in two factors, so that both ends of the range come out right.
STRATA_INLINE float exp_(float x) {
  float c = x > 89.0f ? 89.0f : x;
  c = c < -104.0f ? -104.0f : c;
  const float shifted = c * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: rounds to the nearest integer
  const float n = shifted - 12582912.0f;
  const std::int32_t k = bits(shifted) - 0x4B400000;
  const float r = (c - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const std::int32_t half = k >> 1;
  return p * from_bits((half + 127) << 23) * from_bits((k - half + 127) << 23);
}

// log x = e ln2 + log m, sqrt(1/2) <= m < sqrt(2).
STRATA_INLINE float log_(float x) {
  const std::int32_t b = bits(x);
  const std::int32_t e = (b - 0x3F3504F3) >> 23;
  const float f = from_bits(b - (e << 23)) - 1.0f, z = f * f, n = static_cast<float>(e);
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const float y = f * z * p - n * 2.12194440e-4f - 0.5f * z;
  const float r = (f + y) + n * 0.693359375f;
  const float finite = x < infinity ? r : x;
  const float outside = x == 0.0f ? -infinity : __builtin_nanf("");
  return x > 0.0f ? finite : outside;
}

// Double, for float results: relative error under 1e-13, arguments within +-700.
STRATA_INLINE double exp_wide(double x) {
  const double shifted = x * 1.4426950408889634 + 6755399441055744.0;  // 1.5 * 2^52
  const double n = shifted - 6755399441055744.0;
  const std::int64_t k = bits(shifted) - 0x4338000000000000;
  const double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  double p = 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * from_bits((k + 1023) << 52);
}
// x > 0 and normal. log m = 2 artanh((m - 1) / (m + 1)).
STRATA_INLINE double log_wide(double x) {
  // Without signs: outside the numbers it takes, a difference may leave their range.
  const std::uint64_t u = static_cast<std::uint64_t>(bits(x)), b = u - 0x3FE6A09E667F3BCD + (std::uint64_t{1023} << 52);
  const std::int64_t biased = static_cast<std::int64_t>(b >> 52);
  const double n = from_bits(biased + 0x4330000000000000) - (4503599627370496.0 + 1023);  // the integer as a double
  const double m = from_bits(static_cast<std::int64_t>(u - (static_cast<std::uint64_t>(biased - 1023) << 52)));
  const double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return n * 0.69314718055994530942 + (2.0 * s + 2.0 * s * z * p);
}

STRATA_INLINE float expm1_(float x) {
  float c = x > 89.0f ? 89.0f : x;
  c = c < -30.0f ? -30.0f : c;
  const double w = c;
  const double small = w + 0.5 * w * w;
  return static_cast<float>(__builtin_fabs(w) < 1e-5 ? small : exp_wide(w) - 1.0);
}
STRATA_INLINE float log1p_(float x) {
  const double w = x;
  const double r = log_wide(1.0 + w), small = w - 0.5 * w * w;
  const float finite = static_cast<float>(__builtin_fabs(w) < 1e-5 ? small : r);
  const float outside = x == -1.0f ? -infinity : __builtin_nanf("");
  return x > -1.0f ? (x < infinity ? finite : x) : outside;
}

STRATA_INLINE float tanh_(float x) {
  const float a = abs_(x), z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float small = p * z * x + x;
  const float large = 1.0f - 2.0f / (exp_(a + a) + 1.0f);
  return a < 0.625f ? small : (x < 0.0f ? -large : large);
}

STRATA_INLINE float erf_(float x) {
  const float a = abs_(x), z = x * x;
  float t = 7.853861353153693e-5f;
  t = t * z - 8.010193625184903e-4f;
  t = t * z + 5.188327685732524e-3f;
  t = t * z - 2.685381193529856e-2f;
  t = t * z + 1.128358514861418e-1f;
  t = t * z - 3.761262582423300e-1f;
  t = t * z + 1.128379165726710e+0f;
  const float q = 1.0f / a, y = q * q;
  float p = 2.326819970068386e-2f;
  p = p * y - 1.387039388740657e-1f;
  p = p * y + 3.687424674597105e-1f;
  p = p * y - 5.824733027278666e-1f;
  p = p * y + 6.210004621745983e-1f;
  p = p * y - 4.944515323274145e-1f;
  p = p * y + 3.404879937665872e-1f;
  p = p * y - 2.741127028184656e-1f;
  p = p * y + 5.638259427386472e-1f;
  float r = -1.047766399936249e+1f;
  r = r * y + 1.297719955372516e+1f;
  r = r * y - 7.495518717768503e+0f;
  r = r * y + 2.921019019210786e+0f;
  r = r * y - 1.015265279202700e+0f;
  r = r * y + 4.218463358204948e-1f;
  r = r * y - 2.820767439740514e-1f;
  r = r * y + 5.641895067754075e-1f;
  const float tail = 1.0f - exp_(-z) * q * (a < 2.0f ? p : r);
  const float large = a < 9.0f ? tail : (a == a ? 1.0f : a);
  return a < 1.0f ? x * t : (x < 0.0f ? -large : large);
}

// sin and cos of x - n pi/2, the quadrant n chooses between them.
STRATA_INLINE float sine_of_quadrant(double x, std::int64_t quarter) {
  const double shifted = x * 0.63661977236758134308 + 6755399441055744.0;
  const double n = shifted - 6755399441055744.0;
  const std::int64_t k = bits(shifted) + quarter;
  const double r = (x - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11, z = r * r;
  double s = -1.0 / 39916800;
  s = s * z + 1.0 / 362880;
  s = s * z - 1.0 / 5040;
  s = s * z + 1.0 / 120;
  s = s * z - 1.0 / 6;
  s = s * z * r + r;
  double c = 1.0 / 479001600;
  c = c * z - 1.0 / 3628800;
  c = c * z + 1.0 / 40320;
  c = c * z - 1.0 / 720;
  c = c * z + 1.0 / 24;
  c = c * z - 0.5;
  c = c * z + 1.0;
  const double v = (k & 1) != 0 ? c : s;
  return static_cast<float>((k & 2) != 0 ? -v : v);
}
STRATA_INLINE float sin_(float x) { return sine_of_quadrant(x, 0); }
STRATA_INLINE float cos_(float x) { return sine_of_quadrant(x, 1); }

// |x|^y in double; the sign and the special cases as the C library has them.
STRATA_INLINE float pow_(float x, float y) {
  const float a = abs_(x);
  const double l = log_wide(a > 0.0f && a < infinity ? static_cast<double>(a) : 1.0);
  double e = l == 0.0 ? 0.0 : static_cast<double>(y) * l;  // 1^inf is 1
  e = e > 200.0 ? 200.0 : e;
  e = e < -200.0 ? -200.0 : e;
  float r = static_cast<float>(exp_wide(e));
  r = a == 0.0f ? (y > 0.0f ? 0.0f : infinity) : r;
  r = a == infinity ? (y > 0.0f ? infinity : 0.0f) : r;
  const float half = y * 0.5f;
  const bool whole = floor_(y) == y, odd = whole && floor_(half) != half;
  const bool negative = bits(x) < 0;
  r = negative && odd ? -r : r;
  r = x < 0.0f && !whole && a != infinity ? __builtin_nanf("") : r;
  r = x == x && y == y ? r : x + y;
  return y == 0.0f || x == 1.0f ? 1.0f : r;
}

STRATA_INLINE double exp_(double x) { return __builtin_exp(x); }
STRATA_INLINE double expm1_(double x) { return __builtin_expm1(x); }
STRATA_INLINE double log_(double x) { return __builtin_log(x); }
STRATA_INLINE double log1p_(double x) { return __builtin_log1p(x); }
STRATA_INLINE double sin_(double x) { return __builtin_sin(x); }
STRATA_INLINE double cos_(double x) { return __builtin_cos(x); }
STRATA_INLINE double tanh_(double x) { return __builtin_tanh(x); }
STRATA_INLINE double erf_(double x) { return __builtin_erf(x); }
STRATA_INLINE double pow_(double x, double y) { return __builtin_pow(x, y); }

}  // namespace
}  // namespace strata::cpu::STRATA_ISA
