#include "src/report/assessment.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/error.h>

namespace strata {
namespace {

const float e = std::exp(1.0f);

TEST(Assessment, ClassNumbers) {
  const Tensor truth = Tensor::of<std::int64_t>({3}, {0, 1, 2});
  const Tensor p = Tensor::of<float>({3, 3}, {0.8f, 0.1f, 0.1f, 0.6f, 0.3f, 0.1f, 0.2f, 0.3f, 0.5f});
  const Assessment a = assess(truth, p, {Target::classes, false, {"cat", "dog", "cow"}}, 2);
  EXPECT_EQ(a.places, 3);
  EXPECT_EQ(a.hits, 2);
  EXPECT_EQ(a.matrix.at(1, 0), 1);
  ASSERT_EQ(a.worst.size(), 2u);
  EXPECT_EQ(a.worst[0].row, 1);
  EXPECT_EQ(a.worst[0].truth, "dog");
  EXPECT_EQ(a.worst[0].prediction, "cat");
  EXPECT_NEAR(a.worst[0].error, -std::log(0.3), 1e-6);
  EXPECT_NEAR(a.worst[0].probability, 0.6, 1e-6);
  EXPECT_EQ(a.worst[1].row, 2);
}

TEST(Assessment, OneHotLogitsAndPadding) {
  const Tensor one_hot = Tensor::of<float>({2, 2}, {1, 0, 0, 1}), logits = Tensor::of<float>({2, 2}, {1, 0, 1, 0});
  const Assessment a = assess(one_hot, logits, {Target::classes, true, {}}, 5);
  EXPECT_EQ(a.matrix.at(0, 0), 1);
  EXPECT_EQ(a.matrix.at(1, 0), 1);
  EXPECT_NEAR(a.worst[0].error, std::log(1 + e), 1e-6);
  // Two places a row; -1 stands for none.
  const Tensor padded = Tensor::of<std::int64_t>({2, 2}, {1, -1, -1, -1}), p = Tensor::of<float>({2, 2, 2}, {0.5f, 0.5f, 1, 0, 1, 0, 1, 0});
  const Assessment b = assess(padded, p, {Target::classes, false, {}}, 5);
  EXPECT_EQ(b.places, 1);
  EXPECT_EQ(b.worst.size(), 1u);
}

TEST(Assessment, OneProbability) {
  const Tensor truth = Tensor::of<std::int64_t>({3}, {1, 0, 1}), p = Tensor::of<float>({3, 1}, {0.9f, 0.8f, 0.4f});
  const Assessment a = assess(truth, p, {Target::binary, false, {}}, 5);
  EXPECT_EQ(a.matrix.at(1, 1), 1);
  EXPECT_EQ(a.matrix.at(0, 1), 1);
  EXPECT_EQ(a.matrix.at(1, 0), 1);
  EXPECT_EQ(a.worst[0].row, 1);
  EXPECT_NEAR(a.worst[0].error, -std::log(0.2), 1e-6);
  EXPECT_EQ(assess(truth, Tensor::of<float>({3, 1}, {1, -1, 2}), {Target::binary, true, {}}, 5).hits, 3);
}

TEST(Assessment, LabelsAreCountedOneByOne) {
  const Tensor truth = Tensor::of<float>({2, 2}, {1, 1, 0, 1}), p = Tensor::of<float>({2, 2}, {0.9f, 0.1f, 0.7f, 0.8f});
  const Assessment a = assess(truth, p, {Target::labels, false, {"wet", "cold"}}, 5);
  EXPECT_EQ(a.scores[0].rows, 1);
  EXPECT_EQ(a.scores[0].predicted, 2);
  EXPECT_EQ(a.scores[1].hits, 1);
  EXPECT_EQ(a.worst[0].row, 0);
  EXPECT_EQ(a.worst[0].truth, "wet, cold");
  EXPECT_EQ(a.worst[0].prediction, "wet");
}

TEST(Assessment, ValuesByAbsoluteError) {
  const Tensor truth = Tensor::of<float>({3, 1}, {1, 2, 3}), p = Tensor::of<float>({3, 1}, {1, 2.5f, NAN});
  const Assessment a = assess(truth, p, {}, 5);
  EXPECT_TRUE(std::isnan(a.worst[0].error));  // the worst of all
  EXPECT_EQ(a.worst[1].row, 1);
  EXPECT_DOUBLE_EQ(a.worst[1].error, 0.5);
  EXPECT_EQ(a.worst[1].prediction, "2.5");
  EXPECT_EQ(a.matrix.size(), 0u);
}

TEST(Assessment, TheWorstOfManyRows) {
  constexpr std::int64_t n = 10000;
  Tensor truth(DType::float32, {n}), p(DType::float32, {n});
  for (std::int64_t i = 0; i < n; ++i) p.set(i, static_cast<double>((i * 7919) % n));
  const Assessment a = assess(truth, p, {}, 3);
  ASSERT_EQ(a.worst.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(a.worst[static_cast<std::size_t>(i)].error, n - 1 - i);
}

TEST(Assessment, ShapesThatDoNotFitAreNamed) {
  try {
    assess(Tensor(DType::float32, {3, 2}), Tensor(DType::float32, {3, 4}), {}, 5);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_THAT(error.what(), testing::HasSubstr("float32 (3, 2) cannot be compared with predictions float32 (3, 4)"));
  }
  EXPECT_THROW(assess(Tensor(DType::float32, {2}), Tensor(DType::float32, {3, 4}), {Target::classes, false, {}}, 5), Error);
}

}  // namespace
}  // namespace strata
