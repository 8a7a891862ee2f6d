// What a backend computes beside what the reference does.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <strata/tensor.h>

namespace strata {

// By element, of the largest number of the reference or of 1.
inline double tolerance_of(DType t) {
  switch (t) {
    case DType::float64: return 1e-13;
    case DType::bfloat16: return 1e-2;
    case DType::float16: return 2e-3;
    default: return 2e-6;
  }
}

// Over an op's own rounding: sums of n float32 numbers of size 1 differ by about n ulp from float64's at worst.
inline void expect_close(const Tensor& expected, const std::vector<char>& got, double tolerance, const std::string& what) {
  Tensor actual(expected.dtype(), expected.shape());
  ASSERT_EQ(got.size(), expected.bytes()) << what;
  if (!got.empty()) std::memcpy(actual.data(), got.data(), got.size());
  double scale = 1;
  for (std::int64_t i = 0; i < expected.elements(); ++i)
    if (std::isfinite(expected.at(i))) scale = std::max(scale, std::abs(expected.at(i)));
  for (std::int64_t i = 0; i < expected.elements(); ++i) {
    const double e = expected.at(i), a = actual.at(i);
    if (!is_floating(expected.dtype())) ASSERT_EQ(e, a) << what << ", element " << i;
    else if (!std::isfinite(e)) ASSERT_TRUE(std::isnan(e) ? std::isnan(a) : e == a) << what << ", element " << i << ": " << a << " for " << e;
    else ASSERT_NEAR(a, e, tolerance * scale) << what << ", element " << i;
  }
}

}  // namespace strata
