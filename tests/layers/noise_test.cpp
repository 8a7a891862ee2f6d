// The distributions of the layers that draw: what no golden value can say.
#include <cmath>
#include <functional>
#include <set>

#include <gmock/gmock.h>

#include <strata/layers/regularization/activity_regularization.h>
#include <strata/layers/regularization/alpha_dropout.h>
#include <strata/layers/regularization/gaussian_dropout.h>
#include <strata/layers/regularization/gaussian_noise.h>
#include <strata/layers/regularization/spatial_dropout1d.h>
#include <strata/layers/regularization/spatial_dropout2d.h>
#include <strata/layers/regularization/spatial_dropout3d.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {
namespace {

using testing::HasSubstr;

constexpr int elements = 20000;

Tensor filled_with(const std::vector<std::int64_t>& dims, const std::function<double(std::int64_t)>& f) {
  Tensor t(DType::float64, dims);
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, f(i));
  return t;
}

// The layer's output over x in each of two training steps.
std::pair<Tensor, Tensor> trained_twice(const Layer& layer, const Tensor& x) {
  Traced t = trace_layer(layer, {{DType::float64, Shape::of(x.shape())}}, true);
  t.trace->finish();
  t.graph().outputs = {port(t.outputs[0])};
  auto values = t.values();
  const Tensor first = interpret(t.graph(), {{"0", x}}, values)[0];
  return {first, interpret(t.graph(), {{"0", x}}, values)[0]};
}

struct Statistics {
  double mean = 0, variance = 0, skew = 0;
};
Statistics statistics_of(const Tensor& t) {
  Statistics s;
  const auto count = static_cast<double>(t.elements());
  for (std::int64_t i = 0; i < t.elements(); ++i) s.mean += t.at(i) / count;
  for (std::int64_t i = 0; i < t.elements(); ++i) s.variance += std::pow(t.at(i) - s.mean, 2) / count;
  for (std::int64_t i = 0; i < t.elements(); ++i) s.skew += std::pow((t.at(i) - s.mean) / std::sqrt(s.variance), 3) / count;
  return s;
}

// Over k normal numbers of deviation s the mean has deviation s / sqrt(k), the variance s^2 sqrt(2 / k), the skew
// sqrt(6 / k); bounds are five of these.
void expect_normal(const Statistics& got, double mean, double deviation) {
  EXPECT_NEAR(got.mean, mean, 5 * deviation / std::sqrt(elements));
  EXPECT_NEAR(got.variance, deviation * deviation, 5 * deviation * deviation * std::sqrt(2.0 / elements));
  EXPECT_NEAR(got.skew, 0, 5 * std::sqrt(6.0 / elements));
}

TEST(GaussianNoise, IsNormalAndAnotherOneInTheNextStep) {
  const Tensor x = filled_with({elements}, [](std::int64_t) { return 3; });
  const auto [first, second] = trained_twice(GaussianNoise{.stddev = 0.3}, x);
  expect_normal(statistics_of(first), 3, 0.3);
  EXPECT_FALSE(same_bytes(first, second));
  double product = 0;  // of two independent numbers: deviation 0.09
  for (int i = 0; i < elements; ++i) product += (first.at(i) - 3) * (second.at(i) - 3) / elements;
  EXPECT_NEAR(product, 0, 5 * 0.09 / std::sqrt(elements));
}

TEST(GaussianDropout, MultipliesByNormalNoiseOfDropoutsVariance) {
  const Tensor x = filled_with({elements}, [](std::int64_t) { return 2; });
  expect_normal(statistics_of(trained_twice(GaussianDropout{.rate = 0.2}, x).first), 2, 2 * std::sqrt(0.2 / 0.8));
  EXPECT_THAT(error_of(GaussianDropout{.rate = 1.0}, {{4, 5}}), HasSubstr("noise without bound"));
}

TEST(AlphaDropout, KeepsMeanAndVarianceOfStandardNormalInputs) {
  const RandomStream draws(1, "x");
  const Tensor x = filled_with({elements}, [&](std::int64_t i) { return draws.normal(static_cast<std::uint64_t>(i)); });
  const double rate = 0.25, limit = -1.7580993408473766;
  const double a = 1 / std::sqrt((1 - rate) * (1 + rate * limit * limit)), b = -a * limit * rate;
  const Tensor y = trained_twice(AlphaDropout{.rate = rate}, x).first;
  int dropped = 0;
  for (int i = 0; i < elements; ++i) {
    const bool gone = std::abs(y.at(i) - (a * limit + b)) < 1e-12;
    dropped += gone;
    if (!gone) {
      ASSERT_NEAR(y.at(i), a * x.at(i) + b, 1e-12);
    }
  }
  EXPECT_NEAR(dropped, rate * elements, 5 * std::sqrt(elements * rate * (1 - rate)));
  const Statistics s = statistics_of(y);
  EXPECT_NEAR(s.mean, 0, 5 / std::sqrt(elements));
  EXPECT_NEAR(s.variance, 1, 0.04);  // five deviations, the fourth moment of y being 2.2
  EXPECT_THAT(error_of(AlphaDropout{.rate = 1.0}, {{4, 5}}), HasSubstr("leaves nothing"));
}

TEST(AlphaDropout, NoiseShapeDropsWholeSlices) {
  const Tensor x = filled_with({200, 5}, [](std::int64_t i) { return static_cast<double>(i % 5) + 1; });
  const Tensor y = trained_twice(AlphaDropout{.rate = 0.5, .noise_shape = Shape{Dim::symbol("any"), 1}}, x).first;
  std::set<bool> seen;
  for (int row = 0; row < 200; ++row) {
    const bool gone = y.at(5 * row) == y.at(5 * row + 1);
    seen.insert(gone);
    for (int i = 2; i < 5; ++i) EXPECT_EQ(y.at(5 * row + i) == y.at(5 * row), gone);
  }
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_THAT(error_of(AlphaDropout{.rate = 0.5, .noise_shape = Shape{1}}, {{4, 5}}), HasSubstr("noise_shape has 1 axes"));
}

// Channels of samples are dropped whole, `rate` of them, the others scaled; places are numbered samples first.
void expect_whole_channels(const Layer& layer, const std::vector<std::int64_t>& dims, bool channels_first, double rate) {
  const Tensor y = trained_twice(layer, filled_with(dims, [](std::int64_t) { return 1; })).first;
  const std::int64_t samples = dims.front(), channels = channels_first ? dims[1] : dims.back(), places = y.elements() / samples / channels;
  int dropped = 0;
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto at = [&](std::int64_t p) { return y.at(s * channels * places + (channels_first ? c * places + p : p * channels + c)); };
      EXPECT_THAT(at(0), testing::AnyOf(0, testing::DoubleEq(1 / (1 - rate))));
      dropped += at(0) == 0;
      for (std::int64_t p = 1; p < places; ++p) ASSERT_EQ(at(p), at(0));
    }
  const auto count = static_cast<double>(samples * channels);
  EXPECT_NEAR(dropped, rate * count, 5 * std::sqrt(count * rate * (1 - rate)));
}

TEST(SpatialDropout, DropsWholeChannels) {
  expect_whole_channels(SpatialDropout1D{.rate = 0.25}, {50, 3, 40}, false, 0.25);
  expect_whole_channels(SpatialDropout2D{.rate = 0.25}, {50, 3, 2, 40}, false, 0.25);
  expect_whole_channels(SpatialDropout2D{.rate = 0.25, .data_format = "channels_first"}, {50, 40, 2, 3}, true, 0.25);
  expect_whole_channels(SpatialDropout3D{.rate = 0.5}, {50, 3, 2, 2, 40}, false, 0.5);
  expect_whole_channels(SpatialDropout3D{.rate = 0.5, .data_format = "channels_first"}, {50, 40, 2, 3, 2}, true, 0.5);
  EXPECT_EQ(statistics_of(trained_twice(SpatialDropout1D{.rate = 1.0}, filled_with({2, 3, 4}, [](std::int64_t) { return 1; })).first).mean, 0);
}

TEST(ActivityRegularization, IsThePenaltyPerRow) {
  const Tensor x = Tensor::of<double>({2, 3}, {1, -2, 3, -4, 5, 0});
  Traced t = trace_layer(ActivityRegularization{.l1 = 0.5, .l2 = 0.25}, {{DType::float64, {2, 3}}}, true);
  ASSERT_EQ(t.trace->losses.size(), 1u);
  t.graph().outputs = {port(t.trace->losses[0]), port(t.outputs[0])};
  auto values = t.values();
  const auto got = interpret(t.graph(), {{"0", x}}, values);
  EXPECT_DOUBLE_EQ(got[0].at(0), (0.5 * 15 + 0.25 * 55) / 2);
  EXPECT_TRUE(same_bytes(got[1], x));
  EXPECT_TRUE(trace_layer(ActivityRegularization{}, {{DType::float64, {2, 3}}}, true).trace->losses.empty());
}

}  // namespace
}  // namespace strata
