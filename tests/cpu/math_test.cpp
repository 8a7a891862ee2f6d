// The backend's own elementary functions against the C library's in float64, in units in the last place of float32.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/cpu/plugin.h"

namespace strata {
namespace {

std::vector<float> apply(Backend& backend, std::string_view op, const std::vector<std::vector<float>>& operands) {
  const Attributes none;
  const std::int64_t n = static_cast<std::int64_t>(operands[0].size());
  Region region;
  RegionOp row{op, &none, {}, {{DType::float32, {n}}}};
  std::vector<std::vector<char>> bytes;
  for (const auto& x : operands) {
    row.inputs.push_back({-1, static_cast<int>(region.inputs.size())});
    region.inputs.push_back({DType::float32, {n}});
    const char* data = reinterpret_cast<const char*>(x.data());
    bytes.emplace_back(data, data + x.size() * sizeof(float));
  }
  region.ops.push_back(row);
  region.outputs.push_back({0, 0});
  std::vector<Refusal> refusals;
  const auto found = backend.candidates(region, refusals);
  if (found.empty()) throw std::runtime_error(refusals[0].reason);
  const auto out = run_candidate(backend, region, found[0], bytes)[0];
  std::vector<float> y(operands[0].size());
  std::memcpy(y.data(), out.data(), out.size());
  return y;
}

// Distance in steps of float32 at `exact`; subnormal numbers count as zero.
double ulps(float got, double exact) {
  const auto rounded = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(got) ? 0 : 1e9;
  if (std::isinf(rounded)) return got == rounded || std::abs(got) >= std::numeric_limits<float>::max() * 0.9999f ? 0 : 1e9;
  constexpr double smallest = std::numeric_limits<float>::min();
  if (std::abs(exact) < smallest) return std::abs(got) <= smallest * 1.0001 ? 0 : 1e9;
  int exponent;
  std::frexp(exact, &exponent);
  return std::abs(static_cast<double>(got) - exact) / std::ldexp(1.0, exponent - 24);
}

TEST(CpuMath, elementary_functions_are_within_three_ulp) {
  struct Row { const char* op; double (*exact)(double); double low, high, ulp; };
  const Row rows[] = {
      {"exp", std::exp, -100, 100, 2},   {"exp", std::exp, -1, 1, 2},           {"log", std::log, 1e-37, 1e37, 2}, {"log", std::log, 0.5, 2, 2},
      {"expm1", std::expm1, -20, 80, 1}, {"expm1", std::expm1, -1e-3, 1e-3, 1}, {"log1p", std::log1p, -0.99, 1e6, 1},
      {"log1p", std::log1p, -1e-4, 1e-4, 1}, {"sin", std::sin, -1e4, 1e4, 1},   {"cos", std::cos, -1e4, 1e4, 1},   {"tanh", std::tanh, -10, 10, 2},
      {"tanh", std::tanh, -1e-3, 1e-3, 2},   {"erf", std::erf, -5, 5, 3},       {"erf", std::erf, -1e-3, 1e-3, 3},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80, 3},
  };
  const auto backend = cpu_backend(1);
  for (const Row& row : rows) {
    std::vector<float> x;
    constexpr int points = 200'000;
    for (int i = 0; i < points; ++i) {
      const double t = (i + 0.5) / points;
      x.push_back(static_cast<float>(row.low > 0 && row.high / row.low > 1e6 ? row.low * std::pow(row.high / row.low, t) : row.low + (row.high - row.low) * t));
    }
    const auto y = apply(*backend, row.op, {x});
    double worst = 0;
    float at = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (const double u = ulps(y[i], row.exact(x[i])); u > worst) worst = u, at = x[i];
    EXPECT_LE(worst, row.ulp) << row.op << " at " << at;
  }
}

TEST(CpuMath, power_is_that_of_the_c_library) {
  const auto backend = cpu_backend(1);
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> some{0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 2.0f, -2.0f, 3.0f, -3.0f, 2.5f, -2.5f, 1e10f, -1e-10f, infinity, -infinity, nan, 1e30f};
  std::vector<float> x, y;
  for (const float a : some)
    for (const float b : some) x.push_back(a), y.push_back(b);
  for (int i = 1; i < 2000; ++i) x.push_back(0.01f * static_cast<float>(i)), y.push_back(static_cast<float>(i % 60) * 0.37f - 11.0f);
  const auto z = apply(*backend, "power", {x, y});
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_LE(ulps(z[i], std::pow(static_cast<double>(x[i]), static_cast<double>(y[i]))), 1) << x[i] << "^" << y[i] << " gave " << z[i];
}

TEST(CpuMath, special_values_go_through) {
  const auto backend = cpu_backend(1);
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x{0.0f, infinity, -infinity, nan, -1.0f};
  const auto check = [&](const char* op, double (*f)(double)) {
    const auto y = apply(*backend, op, {x});
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double e = f(x[i]);
      if (std::isnan(e)) EXPECT_TRUE(std::isnan(y[i])) << op << " " << x[i];
      else if (std::isinf(e) || e == 0) EXPECT_EQ(y[i], static_cast<float>(e)) << op << " " << x[i];
      else EXPECT_NEAR(y[i], e, 1e-6) << op << " " << x[i];
    }
  };
  check("exp", std::exp);
  check("log", std::log);
  check("log1p", std::log1p);
  check("expm1", std::expm1);
  check("tanh", std::tanh);
  check("erf", std::erf);
  check("sqrt", std::sqrt);
}

}  // namespace
}  // namespace strata
