#include <gtest/gtest.h>

#include "backend/philox.h"
#include "tests/reference/evaluate.h"

namespace strata {
namespace {

void expect_words(const philox::Words& words, std::initializer_list<std::uint32_t> expected) {
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), words.word)) << std::hex << words.word[0];
}

// The known answers that Random123 publishes (kat_vectors, philox 4x32, 10 rounds).
TEST(Philox, GivesTheKnownAnswers) {
  expect_words(philox::philox4x32_10({{0, 0, 0, 0}}, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  expect_words(philox::philox4x32_10({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  expect_words(philox::philox4x32_10({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
               {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(Philox, PlacesSeedStepAndStream) {
  const philox::Words direct = philox::philox4x32_10({{5, 3, 0x89abcdef, 0x01234567}}, 0x76543210, 0xfedcba98);
  const philox::Words drawn = philox::draw(0xfedcba9876543210u, 3, 0x0123456789abcdefu, 5);
  EXPECT_TRUE(std::equal(direct.word, direct.word + 4, drawn.word));
}

Tensor drawn(std::string_view op, DType dtype, std::int64_t n, std::int64_t seed, std::int64_t step, std::int64_t stream) {
  return evaluate(op, {Tensor::of<std::int64_t>({2}, {seed, step})}, {{"stream", stream}, {"shape", Shape{n}}, {"dtype", dtype}});
}
Tensor float32_uniform(std::int64_t n, std::int64_t seed, std::int64_t step, std::int64_t stream) {
  return drawn("random_uniform", DType::float32, n, seed, step, stream);
}

TEST(Random, UniformFloat32TakesTheUpper24BitsOfEachWord) {
  const Tensor u = float32_uniform(6, 9, 2, 4);
  for (std::int64_t i = 0; i < 6; ++i) {
    const std::uint32_t word = philox::draw(9, 2, 4, static_cast<std::uint32_t>(i / 4)).word[i % 4];
    EXPECT_EQ(u.at(i), static_cast<double>(word >> 8) / (1 << 24));
  }
}

TEST(Random, ALongerTensorBeginsWithTheShorterOne) {
  const Tensor a = float32_uniform(5, 1, 0, 0), b = float32_uniform(11, 1, 0, 0);
  for (std::int64_t i = 0; i < 5; ++i) EXPECT_EQ(a.at(i), b.at(i));
}

TEST(Random, SeedStepAndStreamEachChangeTheDraw) {
  const double u = float32_uniform(1, 1, 0, 0).at(0);
  EXPECT_NE(u, float32_uniform(1, 2, 0, 0).at(0));
  EXPECT_NE(u, float32_uniform(1, 1, 1, 0).at(0));
  EXPECT_NE(u, float32_uniform(1, 1, 0, 1).at(0));
}

TEST(Random, DrawsHaveTheMomentsOfTheirDistributions) {
  constexpr std::int64_t n = 1 << 18;
  for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16})
    for (const char* op : {"random_uniform", "random_normal"}) {
      const bool normal = std::string_view(op) == "random_normal";
      const Tensor x = drawn(op, dtype, n, 1, 0, 0);
      double sum = 0, squares = 0, fourth = 0, low = 9, high = -9;
      for (std::int64_t i = 0; i < n; ++i) {
        const double v = x.at(i);
        sum += v, squares += v * v, fourth += v * v * v * v;
        low = std::min(low, v), high = std::max(high, v);
      }
      SCOPED_TRACE(std::string(op) + " " + std::string(name_of(dtype)));
      EXPECT_NEAR(sum / n, normal ? 0 : 0.5, 0.01);
      EXPECT_NEAR(squares / n, normal ? 1 : 1 / 3.0, 0.01);
      EXPECT_NEAR(fourth / n, normal ? 3 : 1 / 5.0, 0.1);
      if (normal) continue;
      EXPECT_GE(low, 0);
      EXPECT_LT(high, 1);
    }
}

}  // namespace
}  // namespace strata
