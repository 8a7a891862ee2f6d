#include <gmock/gmock.h>

#include <strata/layers/core/position_embedding.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, PositionEmbedding) {
  ordeal(PositionEmbedding{.sequence_length = 6}, {floats({2, 4, 3})});
  EXPECT_THAT(error_of(PositionEmbedding{.sequence_length = 3}, {{2, 4, 3}}), testing::HasSubstr("a sequence of 4 steps is longer"));
}

}  // namespace strata
