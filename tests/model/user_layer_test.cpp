// Layers that a program defines, beside real Keras' numbers: tests/golden/probes/vae.md and user_layer.md.
#include <gtest/gtest.h>

#include <strata/layers/core/dense.h>
#include <strata/optimizers/adam.h>
#include "golden/probe.h"
#include "src/model/fit.h"
#include "src/model/model_state.h"

namespace strata {
namespace {

// z = mean + exp(log_variance / 2) eps; adds its divergence from the unit normal to the loss.
struct Sampling {
  double weight = 0.1;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() {
    return describe<Sampling>("Sampling", "Draws from a normal.",
                              field("weight", &Sampling::weight, "Factor on the divergence."),
                              layer_fields<Sampling>());
  }
  Value call(Scope& s, const Inputs& in) const {
    const Value m = in[0], v = in[1], eps = in[2];
    const Value kl = mean(-0.5 * sum(1 + v - square(m) - exp(v), Axes{-1}));
    s.loss(weight * kl);
    s.metric("kl", kl);
    return m + exp(v / 2) * eps;
  }
};

// y = tanh(x kernel + bias) * sigmoid(x gate_kernel + gate_bias): primitives only.
struct Gated {
  Required<std::int64_t> units = unset;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() {
    return describe<Gated>("Gated", "A gated unit.", field("units", &Gated::units, "Size of the output.", at_least(1)),
                           layer_fields<Gated>());
  }
  Value call(Scope& s, Value x) const {
    const auto affine = [&](const char* kernel, const char* bias) {
      const Value w = s.weight(kernel, {x.dim(-1), *units});
      return matmul(x, w) + s.weight(bias, {*units}, {.initializer = "zeros"});
    };
    const Value h = tanh(affine("kernel", "bias"));
    return h * sigmoid(affine("gate_kernel", "gate_bias"));
  }
};

// y = x + relu(layer_norm(x) kernel + bias), with the fused op.
struct Residual {
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() { return describe<Residual>("Residual", "A residual block.", layer_fields<Residual>()); }
  Value call(Scope& s, Value x) const {
    const Dim units = x.dim(-1);
    const Value gamma = s.weight("gamma", {units}, {.initializer = "ones"}),
                beta = s.weight("beta", {units}, {.initializer = "zeros"});
    const Value n = layer_norm(x, gamma, beta, 1e-5);
    const Value kernel = s.weight("kernel", {units, units});
    return x + relu(matmul(n, kernel) + s.weight("bias", {units}, {.initializer = "zeros"}));
  }
};

Model vae(const RunOptions& run) {
  const auto x = Input({6}, {.name = "x"}), eps = Input({2}, {.name = "eps"});
  const auto h = x | Dense{.units = 5, .activation = "tanh", .name = "encoder"};
  const auto m = h | Dense{.units = 2, .name = "mean"}, v = h | Dense{.units = 2, .name = "log_variance"};
  const auto z = std::vector{m, v, eps} | Sampling{.name = "sampling"};
  Model model({x, eps},
              {z | Dense{.units = 5, .activation = "tanh", .name = "decoder"} |
               Dense{.units = 6, .activation = "sigmoid", .name = "out"}},
              {}, run);
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "binary_crossentropy"});
  return model;
}

Model user_layer(const RunOptions& run) {
  const auto x = Input({5}, {.name = "x"});
  Model model(x,
              x | Gated{.units = 6, .name = "gated"} | Residual{.name = "residual"} | Dense{.units = 3, .name = "out"},
              {}, run);
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse", .metrics = MetricList{"mae"}});
  return model;
}

void train(const std::string& probe, Model model, Bound bound) {
  const Golden golden(probe);
  model.set_weights(golden.under("initial"));
  for (int k = 0; k < 5; ++k) {
    const std::string at = "step" + std::to_string(k);
    const Logs logs = model.train_on_batch(golden.batch(at));
    ASSERT_EQ(logs.size(), 2u);  // the loss and one metric
    for (const auto& [name, value] : logs) expect_near(value, golden.at(at + "/" + name).at(0), bound, at + "/" + name);
  }
  const auto weights = model.weights();
  const auto expected = golden.under("final");
  ASSERT_EQ(weights.size(), expected.size());
  for (const auto& [path, t] : expected) expect_near(weights.at(path), t, bound, path);
  const Arrays y = model.predict(golden.columns("step0/x"));
  expect_near(*y.find("out"), golden.at("prediction/out"), bound, "prediction");
}

using Make = Model (*)(const RunOptions&);
class UserLayers : public testing::TestWithParam<std::pair<std::string, Make>> {};

TEST_P(UserLayers, EqualKerasOnTheReference) {
  train(GetParam().first, GetParam().second({.backend = "reference", .dtype = "float64"}), {1e-9, 1e-12});
}
TEST_P(UserLayers, EqualKerasOnTheCpu) {
  train(GetParam().first, GetParam().second({.backend = "cpu", .dtype = "float64"}), {1e-9, 1e-12});
}
TEST_P(UserLayers, FollowKerasInFloat32OnTheCpu) {
  train(GetParam().first, GetParam().second({.backend = "cpu"}), {2e-4, 2e-5});
}
INSTANTIATE_TEST_SUITE_P(Golden, UserLayers,
                         testing::Values(std::pair("vae", &vae), std::pair("user_layer", &user_layer)),
                         [](const auto& info) { return std::string(info.param.first); });

// What a layer reports is a mean over the batches of an epoch, and begins anew with the next one, as the loss does.
TEST(LayerMetric, IsOfOneEpoch) {
  const Golden golden("vae");
  const auto weights = golden.under("initial");
  Model fitted = vae({.backend = "reference", .dtype = "float64"}),
        stepped = vae({.backend = "reference", .dtype = "float64"});
  fitted.set_weights(weights);
  stepped.set_weights(weights);
  const Dataset batch = golden.batch("step0");
  const History history =
      fitted.fit(batch, {.batch_size = 3, .epochs = 2, .verbose = 0, .validation_data = batch, .shuffle = false});
  for (int epoch = 0; epoch < 2; ++epoch) {
    const double a = *find_log(stepped.train_on_batch(batch.slice(0, 3)), "kl"),
                 b = *find_log(stepped.train_on_batch(batch.slice(3, 6)), "kl");
    EXPECT_NEAR(history["kl"][static_cast<std::size_t>(epoch)], (a + b) / 2, 1e-12);
    const double c = *find_log(stepped.test_on_batch(batch.slice(0, 3)), "kl"),
                 d = *find_log(stepped.test_on_batch(batch.slice(3, 6)), "kl");
    EXPECT_NEAR(history["val_kl"][static_cast<std::size_t>(epoch)], (c + d) / 2, 1e-12);
  }
}

}  // namespace
}  // namespace strata
