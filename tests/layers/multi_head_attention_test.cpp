#include <set>

#include <gmock/gmock.h>

#include <strata/layers/attention/multi_head_attention.h>

#include "layers/ordeal.h"
#include "layers/tracing.h"

namespace strata {

TEST(Layers, MultiHeadAttention) {
  ordeal(MultiHeadAttention{.num_heads = 2, .key_dim = 3, .value_dim = 2, .dropout = 0.3, .output_shape = std::vector<std::int64_t>{5}, .use_gate = true},
         {floats({2, 4, 3}), floats({2, 5, 2}), floats({2, 5, 4})});
}

TEST(Layers, MultiHeadAttentionIsOneFusedOpWhereItCanBe) {
  const auto ops = [](const MultiHeadAttention& layer) {
    Traced t = trace_layer(layer, {{DType::float32, {Dim::symbol("batch"), 4, 3}}}, true, DType::float32);
    std::set<std::string_view> names;
    for (const OpNode& n : t.graph().nodes()) names.insert(n.op->name);
    return names;
  };
  EXPECT_TRUE(ops({.num_heads = 2, .key_dim = 3}).count("attention"));
  EXPECT_FALSE(ops({.num_heads = 2, .key_dim = 3}).count("softmax"));
  EXPECT_TRUE(ops({.num_heads = 2, .key_dim = 3, .dropout = 0.5}).count("softmax"));
}

TEST(Layers, MultiHeadAttentionSaysWhatDoesNotFit) {
  const MultiHeadAttention layer{.num_heads = 2, .key_dim = 3};
  EXPECT_THAT(error_of(layer, {{2, 4}}), testing::HasSubstr("at least (batch, steps, features); received (2, 4)"));
  EXPECT_THAT(error_of(layer, {{2, 4, 3}, {2, 4, 5, 3}}), testing::HasSubstr("of as many axes"));
  EXPECT_THAT(error_of(layer, {{2, 4, 3}, {2, 5, 3}, {2, 6, 3}}), testing::HasSubstr("the values (2, 5, 2, 3) do not fit the keys (2, 6, 2, 3)"));
  EXPECT_THAT(error_of(MultiHeadAttention{.num_heads = 2, .key_dim = 3, .attention_axes = std::vector<std::int64_t>{2}}, {{2, 4, 3}}),
              testing::HasSubstr("attention_axes must name axes between batch and features"));
}

}  // namespace strata
