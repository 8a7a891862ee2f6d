#include <gmock/gmock.h>

#include <strata/layers/attention/attention.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Attention) {
  ordeal(Attention{.use_scale = true, .dropout = 0.3}, {floats({2, 4, 3}), floats({2, 5, 2}), floats({2, 5, 3})});
  EXPECT_THAT(error_of(Attention{}, {{2, 4, 3}}), testing::HasSubstr("1 inputs are given"));
}

}  // namespace strata
