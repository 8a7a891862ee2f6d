#include <gmock/gmock.h>

#include <strata/layers/attention/grouped_query_attention.h>

#include "layers/ordeal.h"

namespace strata {

TEST(Layers, GroupedQueryAttention) {
  ordeal(GroupedQueryAttention{.head_dim = 3, .num_query_heads = 4, .num_key_value_heads = 2, .use_gate = true},
         {floats({2, 4, 3}), floats({2, 5, 2})});
  EXPECT_THAT(error_of(GroupedQueryAttention{.head_dim = 3, .num_query_heads = 4, .num_key_value_heads = 3}, {{2, 4, 3}}),
              testing::HasSubstr("4 heads do not divide into 3 groups"));
}

}  // namespace strata
