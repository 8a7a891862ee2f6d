#include <strata/dataset.h>

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

#include <strata/error.h>

namespace strata {

TEST(Dataset, CountsRowsAndNamesTheColumnThatDiffers) {
  Dataset data{Tensor(DType::float32, {5, 2}), Tensor(DType::int64, {5}), {}};
  EXPECT_EQ(data.rows(), 5);
  EXPECT_EQ(Dataset{}.rows(), 0);
  data.sample_weight = Tensor(DType::float32, {4});
  try {
    data.rows();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::data);
    EXPECT_STREQ(e.what(), "x has 5 rows, sample_weight has 4");
  }
}

TEST(Dataset, ASliceSharesTheElements) {
  const Dataset data{Tensor::of<float>({4, 2}, {0, 1, 2, 3, 4, 5, 6, 7}), Tensor::of<std::int64_t>({4}, {0, 1, 2, 3}), {}};
  const Dataset part = data.slice(1, 3);
  EXPECT_EQ(part.rows(), 2);
  EXPECT_EQ(part.x.columns()[0].second.data(), static_cast<const std::byte*>(data.x.columns()[0].second.data()) + 8);
  EXPECT_EQ(part.y.columns()[0].second.at(1), 2);
}

TEST(ShuffledOrder, IsAPermutationBySeedAndEpoch) {
  for (const std::int64_t rows : {0, 1, 2, 3, 17, 1000}) {
    std::vector<std::int64_t> order = shuffled_order(rows, 7, 3);
    EXPECT_EQ(order, shuffled_order(rows, 7, 3));
    std::sort(order.begin(), order.end());
    for (std::int64_t i = 0; i < rows; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
  }
  EXPECT_NE(shuffled_order(100, 7, 3), shuffled_order(100, 7, 4));
  EXPECT_NE(shuffled_order(100, 7, 3), shuffled_order(100, 8, 3));
}

TEST(ShuffledOrder, EveryPermutationIsAsLikely) {
  std::array<std::array<int, 4>, 4> count{};  // value, place
  constexpr int epochs = 40000;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto order = shuffled_order(4, 1, epoch);
    for (std::size_t i = 0; i < 4; ++i) ++count[static_cast<std::size_t>(order[i])][i];
  }
  for (const auto& row : count)
    for (const int n : row) EXPECT_NEAR(n, epochs / 4, 400);  // 4.6 standard deviations
}

}  // namespace strata
