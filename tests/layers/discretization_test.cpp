#include <strata/layers/preprocessing/discretization.h>

#include <gmock/gmock.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, Discretization) {
  ordeal(Discretization{.bin_boundaries = std::vector<double>{1, 2.5, 4}, .output_mode = "count"}, {indices({4, 3}, 6)});
}

TEST(Discretization, SaysWhatItTakes) {
  EXPECT_THAT(error_of(Discretization{}, {{4, 2}}), testing::HasSubstr("needs bin_boundaries or num_bins"));
  EXPECT_THAT(error_of(Discretization{.bin_boundaries = std::vector<double>{2, 1}}, {{4, 2}}), testing::HasSubstr("must ascend"));
}

}  // namespace strata
