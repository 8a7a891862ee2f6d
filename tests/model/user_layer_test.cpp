// Layers that a program defines, beside real Keras' numbers: tests/golden/probes/vae.md and user_layer.md.
#include <gtest/gtest.h>

#include "golden/probe.h"
#include "probes/user_models.h"

namespace strata {
namespace {

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
