// A causal transformer, norms first: 4 blocks of 4 heads, 128 wide, 64 places, 65 tokens.
#include <strata/layers/attention/multi_head_attention.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/core/position_embedding.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/normalization/layer_normalization.h>

#include "benchmarks/peers/models.h"

namespace strata::peers {
namespace {

LayerOutput norm(LayerOutput x) { return x | LayerNormalization{.epsilon = 1e-5}; }
LayerOutput sum(LayerOutput a, LayerOutput b) { return std::vector{a, b} | Layer(Add{}); }

}  // namespace

Model tiny_gpt(RunOptions run) {
  const LayerOutput ids = Input({64}, {.dtype = DType::int32});
  LayerOutput x = ids | Embedding{.input_dim = 65, .output_dim = 128};
  x = sum(x, x | PositionEmbedding{.sequence_length = 64});
  for (int block = 0; block < 4; ++block) {
    const LayerOutput h = norm(x);
    x = sum(x, call(MultiHeadAttention{.num_heads = 4, .key_dim = 32}, {h, h}, {.arguments = {{"use_causal_mask", true}}}));
    x = sum(x, norm(x) | Dense{.units = 512, .activation = "gelu"} | Dense{.units = 128});
  }
  return Model(ids, norm(x) | Dense{.units = 65}, {}, std::move(run));
}

}  // namespace strata::peers
