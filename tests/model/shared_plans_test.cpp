// Models that are equal share their plans, and nothing else.
#include <gtest/gtest.h>

#include <thread>

#include <strata/layers/core/dense.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/optimizers/adam.h>
#include "src/model/fit.h"

namespace strata {
namespace {

Tensor numbers(std::vector<std::int64_t> shape) {
  Tensor t(DType::float32, std::move(shape));
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, static_cast<double>((i * 37) % 19) / 19 - 0.5);
  return t;
}

Model small_model(std::int64_t units = 4, double rate = 0.01, RunOptions run = {.backend = "cpu"}) {
  const auto x = Input({3}, {.name = "x"});
  Model model(x, x | Dense{.units = units, .name = "hidden"} | Dropout{.rate = 0.25} | Dense{.units = 2, .name = "out"}, {}, std::move(run));
  model.compile({.optimizer = Adam{.learning_rate = rate}, .loss = "mse"});
  return model;
}

std::shared_ptr<const Plan> prediction_plan(const Model& m, std::int64_t rows = 8) {
  CompiledStep& step = m.state().predict_step();
  return step.plan(step.bind(std::map<std::string, std::vector<std::int64_t>>{{"x:x", {rows, 3}}}));
}

std::shared_ptr<const Plan> training_plan(const Model& m, std::int64_t batch = 8) {
  CompiledStep& step = m.state().train_step(batch_types(m.state(), {numbers({20, 3}), numbers({20, 2}), {}}, true));
  return step.plan(step.bind(std::map<std::string, std::vector<std::int64_t>>{{"x:x", {20, 3}}, {"y:out", {20, 2}}, {"order", {batch}}}));
}

std::string weights_of(const Model& m) {
  std::string bytes;
  for (const auto& [path, t] : m.weights()) bytes.append(static_cast<const char*>(t.data()), t.bytes());
  return bytes;
}

}  // namespace

TEST(SharedPlans, TwoModelsOfOneKindHaveOnePlan) {
  const Model a = small_model(), b = small_model(), another_seed = small_model(4, 0.01, {.backend = "cpu", .seed = 7});
  EXPECT_EQ(prediction_plan(a), prediction_plan(b));
  EXPECT_EQ(training_plan(a), training_plan(b));
  EXPECT_EQ(training_plan(a), training_plan(another_seed));
  EXPECT_NE(weights_of(a), weights_of(another_seed));
}

TEST(SharedPlans, ModelsThatDifferHaveTheirOwn) {
  const Model a = small_model();
  EXPECT_NE(prediction_plan(a), prediction_plan(a, 9));
  EXPECT_NE(prediction_plan(a), prediction_plan(small_model(5)));
  EXPECT_NE(prediction_plan(a), prediction_plan(small_model(4, 0.01, {.backend = "reference"})));
  EXPECT_NE(prediction_plan(a), prediction_plan(small_model(4, 0.01, {.backend = "cpu", .threads = 1})));
  EXPECT_NE(prediction_plan(a), prediction_plan(small_model(4, 0.01, {.backend = "cpu", .reproducible = false})));
  EXPECT_NE(prediction_plan(a), prediction_plan(small_model(4, 0.01, {.backend = "cpu", .tensor_float32 = true})));
  EXPECT_NE(prediction_plan(a), prediction_plan(small_model(4, 0.01, {.backend = "cpu", .dtype = "float64"})));
  EXPECT_NE(training_plan(a), training_plan(a, 4));
  Model other_loss = small_model();
  other_loss.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mae"});
  EXPECT_NE(training_plan(a), training_plan(other_loss));
  Model frozen = small_model();
  frozen.set_trainable("hidden", false);
  frozen.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse"});
  EXPECT_NE(training_plan(a), training_plan(frozen));
  const Model chosen = small_model();
  chosen.state().choices->use({{"a region", "a kernel"}});
  EXPECT_NE(prediction_plan(a), prediction_plan(chosen));
}

TEST(SharedPlans, MemoryIsNotShared) {
  const Dataset rows{numbers({20, 3}), numbers({20, 2}), {}};
  const FitArguments how{.batch_size = 8, .epochs = 5, .verbose = 0};
  const auto alone = [&](std::uint64_t seed) {
    Model m = small_model(4, 0.01, {.backend = "cpu", .seed = seed});
    m.fit(rows, how);
    return weights_of(m);
  };
  const std::string first = alone(1), second = alone(2);
  Model a = small_model(4, 0.01, {.backend = "cpu", .seed = 1}), b = small_model(4, 0.01, {.backend = "cpu", .seed = 2});
  std::thread other([&] { b.fit(rows, how); });
  a.fit(rows, how);
  other.join();
  EXPECT_EQ(weights_of(a), first);
  EXPECT_EQ(weights_of(b), second);
}

}  // namespace strata
