// The bridge to xtensor.
#include <gmock/gmock.h>

#include <strata/error.h>
#include <strata/xtensor.h>

#include <xtensor/xmath.hpp>
#include <xtensor/xsort.hpp>
#include <xtensor/xview.hpp>

namespace strata {

TEST(Xtensor, SeesATensorWithoutACopy) {
  Tensor t = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  auto x = as_xtensor<float>(t);
  EXPECT_EQ(x.shape(1), 3u);
  x(1, 2) = 9;
  xt::view(x, 0, xt::all()) *= 10;
  EXPECT_TRUE(same_bytes(t, Tensor::of<float>({2, 3}, {10, 20, 30, 4, 5, 9})));
  const Tensor& constant = t;
  EXPECT_EQ(xt::sum(as_xtensor<float>(constant))(), 78);
  EXPECT_THROW(as_xtensor<double>(t), Error);
}

TEST(Xtensor, GivesItsResultsBack) {
  const Tensor t = Tensor::of<double>({2, 2}, {1, 2, 4, 3});
  const auto x = as_xtensor<double>(t);
  EXPECT_TRUE(same_bytes(tensor_of(xt::transpose(x) + 1.0), Tensor::of<double>({2, 2}, {2, 5, 3, 4})));
  EXPECT_TRUE(same_bytes(tensor_of(xt::argmax(x, 1)), Tensor::of<std::int64_t>({2}, {1, 0})));
  EXPECT_TRUE(same_bytes(tensor_of(x > 2.0), Tensor::of<bool>({2, 2}, {false, false, true, true})));
}

}  // namespace strata
