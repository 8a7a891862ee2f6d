#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <strata/random.h>

namespace strata {
namespace {

constexpr int count = 20000;

TEST(RandomStream, draws_depend_on_seed_stream_and_place_alone) {
  const RandomStream a(7, "dense/kernel"), same(7, hash_of("dense/kernel")), other(7, "dense/bias"), seeded(8, "dense/kernel");
  EXPECT_EQ(a.uniform(5), same.uniform(5));
  EXPECT_NE(a.uniform(5), a.uniform(6));
  EXPECT_NE(a.uniform(5), other.uniform(5));
  EXPECT_NE(a.uniform(5), seeded.uniform(5));
  EXPECT_EQ(a.with_seed(8).uniform(5), seeded.uniform(5));
  EXPECT_EQ(a.with_seed({}).uniform(5), a.uniform(5));
}

TEST(RandomStream, uniform_fills_the_unit_interval) {
  const RandomStream r(1, "u");
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double x = r.uniform(static_cast<std::uint64_t>(i));
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / count, 0.5, 0.01);
  EXPECT_NEAR(squares / count, 1.0 / 3, 0.01);
}

TEST(RandomStream, normal_has_mean_0_and_deviation_1) {
  const RandomStream r(2, "n");
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double x = r.normal(static_cast<std::uint64_t>(i));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / count, 0, 0.03);
  EXPECT_NEAR(squares / count, 1, 0.04);
}

// The share of draws below x must be the truncated distribution's, and the uniform draw behind a value must come back
// through the distribution function.
TEST(RandomStream, truncated_normal_inverts_its_distribution) {
  const RandomStream r(3, "t");
  const double below = 0.5 * std::erfc(std::sqrt(2.0));
  double squares = 0;
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::uint64_t>(i);
    const double x = r.truncated_normal(at);
    ASSERT_LE(std::abs(x), 2);
    ASSERT_NEAR((0.5 * std::erfc(-x / std::sqrt(2.0)) - below) / (1 - 2 * below), r.uniform(at), 1e-14);
    squares += x * x;
  }
  EXPECT_NEAR(std::sqrt(squares / count), 0.87962566103423978, 0.01);
}

TEST(RandomStream, integer_stays_below) {
  const RandomStream r(4, "i");
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(r.integer(static_cast<std::uint64_t>(i), 7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

// Files depend on these numbers: a change of the hash changes every initial weight.
TEST(RandomStream, hash_is_fixed) {
  EXPECT_EQ(hash_of(""), 0xefd01f60ba992926u);
  EXPECT_NE(hash_of("dense"), hash_of("dense_1"));
}

}  // namespace
}  // namespace strata
