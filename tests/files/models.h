// The models of tests/golden/make_files.py, and what the tests of src/files share.
#pragma once

#include <filesystem>
#include <string>

#include <strata/layers/core/dense.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/rnn/lstm.h>
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

// The batch of a golden file: x by input name, y.
struct GoldenBatch {
  Dataset data;
  Tensor before, after;
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
    else if (inputs.size() == 1) batch.data.x = t;
    else batch.data.x.add(key, t);
  }
  return batch;
}

inline void expect_near(const Tensor& a, const Tensor& b, double bound) {
  ASSERT_EQ(a.shape(), b.shape());
  for (std::int64_t i = 0; i < a.elements(); ++i) EXPECT_NEAR(a.at(i), b.at(i), bound) << "element " << i;
}

inline Tensor predicted(Model& model, const GoldenBatch& batch) { return model.predict(batch.data.x).columns()[0].second; }

}  // namespace strata
