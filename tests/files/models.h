// The models of tests/golden/make_files.py, and what the tests of src/files share.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include <strata/layers/attention/additive_attention.h>
#include <strata/layers/attention/attention.h>
#include <strata/layers/attention/grouped_query_attention.h>
#include <strata/layers/attention/multi_head_attention.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/core/masking.h>
#include <strata/layers/core/position_embedding.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/merging/concatenate.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/normalization/layer_normalization.h>
#include <strata/layers/pooling/global_average_pooling1d.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/layers/rnn/bidirectional.h>
#include <strata/layers/rnn/gru.h>
#include <strata/layers/rnn/lstm.h>
#include <strata/layers/rnn/rnn.h>
#include <strata/layers/rnn/simple_rnn.h>
#include <strata/layers/rnn/time_distributed.h>
#include <strata/losses/mean_squared_error.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/sgd.h>

#include "io/files.h"
#include "src/io/npz.h"
#include "src/model/model_state.h"

namespace strata {

inline std::string golden_file(const std::string& name) { return std::string(STRATA_SOURCE_DIR) + "/tests/golden/files/" + name; }

inline RunOptions on_reference() { return {.backend = "reference"}; }

inline Model dense_model() {
  const auto x = Input({3});
  Model model(x, x | Dense{.units = 4, .activation = "relu"} | BatchNormalization{} | Dense{.units = 1}, {.name = "dense_model"}, on_reference());
  model.state().sequential = true;
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse", .metrics = MetricList{"mae"}});
  return model;
}

inline Model branches_model() {
  const auto a = Input({5, 3}, {.name = "a"}), b = Input({2}, {.name = "b"}), c = Input({2});
  Model inner(c, c | Dense{.units = 4, .activation = "tanh"} | Dense{.units = 4}, {.name = "inner"}, on_reference());
  inner.state().sequential = true;
  const auto left = a | LSTM{.units = 4, .name = "memory"} | Dense{.units = 4, .name = "left"};
  const auto right = b | inner.as_layer();
  const auto sum = std::vector{left, right} | Add{.name = "sum"};
  Model model({a, b}, {sum | Dense{.units = 1, .name = "out"}}, {.name = "branches"}, on_reference());
  model.compile({.optimizer = SGD{.learning_rate = 0.05, .momentum = 0.9}, .loss = "mse"});
  return model;
}

inline Model attention_model() {
  const auto tokens = Input({6}, {.name = "tokens", .dtype = DType::int32});
  const auto e = tokens | Embedding{.input_dim = 11, .output_dim = 8, .mask_zero = true};
  const auto h = std::vector{e, e | PositionEmbedding{.sequence_length = 6}} | Add{};
  const auto heads = call(MultiHeadAttention{.num_heads = 2, .key_dim = 4, .name = "heads"}, {h, h}, {.arguments = {{"use_causal_mask", true}}});
  const auto normal = std::vector{h, heads} | Add{} | LayerNormalization{};
  const auto groups = call(GroupedQueryAttention{.head_dim = 4, .num_query_heads = 4, .num_key_value_heads = 2, .use_gate = true, .name = "groups"},
                           {normal, normal}, {.arguments = {{"return_attention_scores", true}}});
  const auto scaled = std::vector{groups, normal} | Attention{.use_scale = true};
  const auto additive = std::vector{scaled, e} | AdditiveAttention{};
  const auto all = std::vector{additive | GlobalAveragePooling1D{}, groups[1] | Flatten{}} | Concatenate{};
  Model model(tokens, all | Dense{.units = 1, .name = "out"}, {.name = "attention"}, on_reference());
  model.compile({.optimizer = SGD{.learning_rate = 0.005, .momentum = 0.9}, .loss = "mse"});
  return model;
}

inline Model directions_model() {
  const auto x = Input({6, 3}, {.name = "series"});
  const auto both = x | Masking{} | Bidirectional{.layer = LSTM{.units = 4, .return_sequences = true}, .name = "both"};
  const auto encoded = both | GRU{.units = 5, .return_sequences = true, .return_state = true, .name = "encoder"};
  const auto decoded = std::vector{encoded, encoded[1]} | GRU{.units = 5, .return_sequences = true, .name = "decoder"};
  const auto steps = decoded | TimeDistributed{.layer = Dense{.units = 4, .activation = "tanh"}, .name = "steps"};
  const auto stack = steps | RNN{.cell = StackedRNNCells{.cells = {LSTMCell{.units = 3}, GRUCell{.units = 4}, LSTMCell{.units = 3}}},
                                 .return_sequences = true, .name = "stack"};
  const auto last = stack | Bidirectional{.layer = SimpleRNN{.units = 3}, .merge_mode = "sum",
                                          .backward_layer = GRU{.units = 3, .go_backwards = true, .name = "other"}, .name = "last"};
  Model model(x, last | Dense{.units = 1, .name = "out"}, {.name = "directions"}, on_reference());
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse"});
  return model;
}

// The batch of a golden file: x by input name, y.
struct GoldenBatch {
  Dataset data;
  Tensor before, after;
  Tensor loss_scale;  // dynamic_scale and step_counter, of a LossScaleOptimizer
  double loss = 0;
};
inline GoldenBatch golden_batch(const std::string& name, const Model& model) {
  GoldenBatch batch;
  const std::string file = golden_file(name + ".npz");
  const NamedTensors arrays = read_npz(read_file(file, 1 << 20), file);
  const auto inputs = model.input_names();
  for (const auto& [key, t] : arrays) {
    if (key == "y") batch.data.y = t;
    else if (key == "before") batch.before = t;
    else if (key == "after") batch.after = t;
    else if (key == "loss") batch.loss = t.at(0);
    else if (key == "loss_scale") batch.loss_scale = t;
    else if (inputs.size() == 1) batch.data.x = t;
    else batch.data.x.add(key, t);
  }
  return batch;
}

inline void expect_near(const Tensor& a, const Tensor& b, double bound) {
  ASSERT_EQ(a.shape(), b.shape());
  for (std::int64_t i = 0; i < a.elements(); ++i) EXPECT_NEAR(a.at(i), b.at(i), bound * std::max(1.0, std::abs(b.at(i)))) << "element " << i;
}

inline Tensor predicted(Model& model, const GoldenBatch& batch) { return model.predict(batch.data.x).columns()[0].second; }

}  // namespace strata
