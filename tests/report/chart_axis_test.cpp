#include "src/report/chart_axis.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata {

using testing::ElementsAre;

TEST(ChartAxis, TicksStandAtRoundNumbers) {
  const ChartAxis axis = linear_axis(0.13, 0.97);
  EXPECT_THAT(axis.labels, ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_EQ(axis.first, 0);
  EXPECT_EQ(axis.last, 1);
  EXPECT_THAT(linear_axis(-3, 12).labels, ElementsAre("−5", "0", "5", "10", "15"));
  EXPECT_THAT(linear_axis(990, 1003).labels, ElementsAre("990", "995", "1000", "1005"));
}

// Whatever the range is: it is inside the axis, and the ticks are few, rising, and 1, 2 or 5 times a power of ten apart.
TEST(ChartAxis, EveryRangeHasItsTicks) {
  for (const double size : {1e-300, 1e-9, 3e-5, 0.7, 1.0, 13.0, 999.0, 1e6, 4e12, 1e299})
    for (const double low : {-1.0, -0.3, 0.0, 0.001, 0.5, 0.99999})
      for (const int most : {3, 6, 10}) {
        const ChartAxis axis = linear_axis(low * size, size, most);
        SCOPED_TRACE(testing::Message() << low * size << " to " << size << " in " << most);
        EXPECT_LE(axis.first, low * size + 1e-9 * size);
        EXPECT_GE(axis.last, size * (1 - 1e-9));
        ASSERT_GE(axis.ticks.size(), 2u);
        EXPECT_LE(axis.ticks.size(), static_cast<std::size_t>(most) + 1);
        ASSERT_EQ(axis.labels.size(), axis.ticks.size());
        const double step = axis.ticks[1] - axis.ticks[0], digits = step / std::pow(10, std::floor(std::log10(step) + 1e-6));
        EXPECT_TRUE(std::abs(digits - 1) < 1e-3 || std::abs(digits - 2) < 1e-3 || std::abs(digits - 5) < 1e-3) << step;
      }
}

TEST(ChartAxis, OneValueHasRoomOnBothSides) {
  for (const double value : {0.0, 0.25, -4.0, 1e-5, 1e300, std::numeric_limits<double>::denorm_min()}) {
    const ChartAxis axis = linear_axis(value, value);
    EXPECT_LT(axis.first, value);
    EXPECT_GT(axis.last, value);
    EXPECT_TRUE(std::isfinite(axis.position(value)));
  }
  EXPECT_TRUE(std::isfinite(linear_axis(-1.7e308, 1.7e308).last));
  EXPECT_LT(linear_axis(1e15, 1e15 + 1).ticks.size(), 10u);
}

TEST(ChartAxis, LogarithmicTicks) {
  EXPECT_THAT(logarithmic_axis(0.03, 2).labels, ElementsAre("0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"));
  const ChartAxis wide = logarithmic_axis(2e-9, 3e4);
  EXPECT_LE(wide.ticks.size(), 9u);
  for (const double t : wide.ticks) EXPECT_NEAR(std::log10(t), std::round(std::log10(t)), 1e-9);
  EXPECT_LE(wide.first, 2e-9);
  EXPECT_GE(wide.last, 3e4);
  const ChartAxis one = logarithmic_axis(1, 1);
  EXPECT_LT(one.first, one.last);
  EXPECT_NEAR(logarithmic_axis(0.01, 100).position(1), 0.5, 1e-12);
}

TEST(ChartAxis, EpochsAreWholeNumbers) {
  EXPECT_THAT(counting_axis(1, 5).labels, ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(counting_axis(1, 12).labels, ElementsAre("2", "4", "6", "8", "10", "12"));
  EXPECT_THAT(counting_axis(1, 1000).labels, ElementsAre("200", "400", "600", "800", "1000"));
  const ChartAxis one = counting_axis(1, 1);
  EXPECT_THAT(one.labels, ElementsAre("1"));
  EXPECT_EQ(one.position(1), 0.5);
}

TEST(ChartAxis, ReadableValues) {
  EXPECT_EQ(readable(0.123456), "0.1235");
  EXPECT_EQ(readable(-2), "−2");
  EXPECT_EQ(readable(std::nan("")), "not a number");
  EXPECT_EQ(readable(-INFINITY), "−infinite");
}

}  // namespace strata
