// Dynamic loss scaling: what the probes mixed_float16* and the files by_loss_scaling, by_mixed_float16 do not show.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/callbacks/learning_rate_scheduler.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/loss_scale_optimizer.h>
#include <strata/optimizers/nadam.h>
#include <strata/optimizers/sgd.h>
#include <strata/step.h>
#include "src/model/model_state.h"

namespace strata {
namespace {

using testing::HasSubstr;

template <class F>
std::string error_of(ErrorKind kind, F f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    return e.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

constexpr double infinite = std::numeric_limits<double>::infinity();

RunOptions on(const std::string& dtype) { return {.backend = "reference", .dtype = dtype}; }

Tensor rows(std::vector<double> values) {
  return Tensor::of<double>({static_cast<std::int64_t>(values.size()), 1}, std::span<const double>(values));
}

// y = w x with w = 2.
Model line(const std::string& dtype, Optimizer optimizer, bool auto_scale_loss = true) {
  const auto x = Input({1}, {.name = "x"});
  Model model(x, x | Dense{.units = 1, .use_bias = false, .name = "out"}, {}, on(dtype));
  model.set_weights({{"out/kernel", rows({2})}});
  model.compile({.optimizer = std::move(optimizer), .loss = "mse", .auto_scale_loss = auto_scale_loss});
  return model;
}
double kernel(const Model& model) { return model.weights().at("out/kernel").at(0); }

double kept(const Model& model, const std::string& path) {
  const Variables& variables = model.state().optimizer->variables;
  return variables.read(*variables.find(path)).at(0);
}
struct Scale {
  double scale, counter, iteration;
  friend bool operator==(const Scale&, const Scale&) = default;
};
void PrintTo(const Scale& s, std::ostream* out) { *out << s.scale << ", " << s.counter << " updates, iteration " << s.iteration; }
Scale scale_of(const Model& model) {
  return {kept(model, "loss_scale/dynamic_scale"), kept(model, "loss_scale/step_counter"), kept(model, "iteration")};
}

TEST(LossScale, DoublesAfterUpdatesInARowAndIsHalvedWhereAGradientIsNotFinite) {
  Model model = line("float32", LossScaleOptimizer{.inner_optimizer = SGD{.learning_rate = 0.25}, .initial_scale = 8, .dynamic_growth_steps = 2});
  const auto train = [&](double x, double y) { model.train_on_batch({rows({x}), rows({y}), {}}); };
  train(1, 0);  // d mse / d w = 2 x (w x - y) = 4
  EXPECT_EQ(scale_of(model), (Scale{8, 1, 1}));
  EXPECT_EQ(kernel(model), 1);
  train(1, 0);
  EXPECT_EQ(scale_of(model), (Scale{16, 0, 2}));
  EXPECT_EQ(kernel(model), 0.5);
  train(1, 0);
  EXPECT_EQ(scale_of(model), (Scale{16, 1, 3}));
  train(infinite, 0);
  EXPECT_EQ(scale_of(model), (Scale{8, 0, 3}));
  EXPECT_EQ(kernel(model), 0.25);
  train(1, std::nan(""));
  EXPECT_EQ(scale_of(model), (Scale{4, 0, 3}));
  EXPECT_EQ(kernel(model), 0.25);
  train(1, 0);
  EXPECT_EQ(scale_of(model), (Scale{4, 1, 4}));
}

TEST(LossScale, AStepThatIsSkippedLeavesEverySlotScalarAndAccumulatorAsItWas) {
  for (const Optimizer& inner : {Optimizer(Nadam{.learning_rate = 0.1}), Optimizer(Adam{.learning_rate = 0.1, .use_ema = true, .gradient_accumulation_steps = 2})}) {
    Model model = line("float32", LossScaleOptimizer{.inner_optimizer = inner}), skipping = line("float32", LossScaleOptimizer{.inner_optimizer = inner});
    for (int k = 0; k < 5; ++k) {
      model.train_on_batch({rows({1.0 + k}), rows({0}), {}});
      if (k == 2) skipping.train_on_batch({rows({infinite}), rows({0}), {}});
      skipping.train_on_batch({rows({1.0 + k}), rows({0}), {}});
    }
    const Variables &expected = model.state().optimizer->variables, &found = skipping.state().optimizer->variables;
    ASSERT_EQ(found.list().size(), expected.list().size());
    for (std::size_t i = 0; i < expected.list().size(); ++i) {
      const std::string& path = expected.list()[i].path;
      if (path.rfind("loss_scale/", 0) == 0) continue;
      EXPECT_TRUE(same_bytes(found.read(*found.find(path)), expected.read(static_cast<std::int64_t>(i)))) << inner.name() << " " << path;
    }
    EXPECT_EQ(kernel(skipping), kernel(model));
    EXPECT_EQ(kept(skipping, "loss_scale/dynamic_scale"), 16384);
    EXPECT_EQ(kept(model, "loss_scale/dynamic_scale"), 32768);
  }
}

// A gradient of 2^-26 is 0 in float16; times 2^15 it is not.
TEST(LossScale, GradientsBelowTheSmallestFloat16AreSeen) {
  const auto trained = [](bool scaled) {
    Model model = line("mixed_float16", "sgd");
    model.compile({.optimizer = SGD{.learning_rate = std::ldexp(1, 26)}, .loss = "mse", .loss_weights = std::ldexp(1, -10), .auto_scale_loss = scaled});
    model.train_on_batch({rows({1}), rows({2 - std::ldexp(1, -17)}), {}});  // d loss / d y = 2^-10 * 2 * 2^-17
    return kernel(model);
  };
  EXPECT_EQ(trained(true), 1);
  EXPECT_EQ(trained(false), 2);
}

TEST(LossScale, IsAroundTheOptimizerUnderMixedFloat16Alone) {
  const auto named = [](const Model& model) { return model.state().optimizer->optimizer.name(); };
  const Model wrapped = line("mixed_float16", Adam{});
  EXPECT_EQ(named(wrapped), "LossScaleOptimizer");
  EXPECT_EQ(wrapped.state().optimizer->optimizer.rule().name(), "Adam");
  EXPECT_EQ(wrapped.state().compiled->optimizer.name(), "Adam");
  EXPECT_EQ(named(line("mixed_float16", Adam{}, false)), "Adam");
  const Model given = line("mixed_float16", LossScaleOptimizer{.inner_optimizer = "sgd", .initial_scale = 4});
  EXPECT_EQ(given.state().optimizer->optimizer.argument("initial_scale"), Config(4.0));
  EXPECT_EQ(given.state().optimizer->optimizer.rule().name(), "SGD");
  for (const char* dtype : {"float32", "float16", "mixed_bfloat16"}) EXPECT_EQ(named(line(dtype, Adam{})), "Adam") << dtype;
}

TEST(LossScale, LossAndWeightsStayFloat32AndLayersComputeInFloat16) {
  Model model = line("mixed_float16", SGD{.learning_rate = 0.25});
  EXPECT_EQ(model.weights().at("out/kernel").dtype(), DType::float32);
  // 2049 is no float16: the layer sees 2048, and the loss 2 * 2048 - 4096 = 0. The target's own bits are kept.
  EXPECT_EQ(*find_log(model.train_on_batch({rows({2049}), rows({4096}), {}}), "loss"), 0);
  EXPECT_EQ(*find_log(model.train_on_batch({rows({2048}), rows({4097}), {}}), "loss"), 1);
}

TEST(LossScale, LayerStatesMoveWhereTheUpdateDoesNot) {
  for (const bool skip : {false, true}) {
    RunOptions run = on("mixed_float16");
    run.skip_nonfinite_updates = skip;
    const auto x = Input({1}, {.name = "x"});
    Model model(x, x | BatchNormalization{.momentum = 0.5, .name = "norm"} | Dense{.units = 1, .name = "out"}, {}, run);
    model.compile({.optimizer = Adam{}, .loss = "mse"});
    const double before = kernel(model);
    const Logs logs = model.train_on_batch({rows({2, 4}), rows({1e6, -1e6}), {}});  // its gradient times 2^15 is beyond float16
    EXPECT_EQ(scale_of(model), (Scale{16384, 0, 0}));
    EXPECT_EQ(kernel(model), before);
    EXPECT_EQ(model.weights().at("norm/moving_mean").at(0), skip ? 0 : 1.5);
    EXPECT_EQ(find_log(logs, "skipped_updates").has_value(), skip);
    if (skip) { EXPECT_EQ(*find_log(logs, "skipped_updates"), 1); }
  }
}

TEST(LossScale, TheLearningRateIsThatOfTheOptimizerInside) {
  Model model = line("float32", LossScaleOptimizer{.inner_optimizer = SGD{.learning_rate = 0.5}});
  EXPECT_EQ(learning_rate(*model.state().optimizer), 0.5);
  const History history = model.fit(rows({1}), rows({0}), {.epochs = 2, .verbose = 0, .callbacks = {LearningRateScheduler{.schedule = [](int epoch, double rate) { return epoch == 0 ? rate : 0.125; }}}});
  EXPECT_EQ(learning_rate(*model.state().optimizer), 0.125);
  EXPECT_EQ(kernel(model), 0);  // 2 - 0.5 * 4
  EXPECT_EQ(kept(model, "loss_scale/learning_rate"), 0);
}

// In a step with two optimizers each scale goes its own way, and so does what it guards.
TEST(LossScale, OfOneOptimizerLeavesTheOtherAlone) {
  const Model a = line("float32", "sgd"), b = line("float32", "sgd");
  const LossScaleOptimizer scaled{.inner_optimizer = SGD{.learning_rate = 0.5}, .initial_scale = 8, .dynamic_growth_steps = 1};
  Step step([&](StepScope& s) {
    s.minimize(sum(s.call(a, s.input("x", {1}))), {a}, scaled);
    s.minimize(sum(s.call(b, s.input("y", {1}))), {b}, scaled);
  }, on("float32"));
  EXPECT_TRUE(step({{"x", rows({1})}, {"y", rows({infinite})}}).empty());
  EXPECT_EQ(kernel(a), 1.5);
  EXPECT_EQ(kernel(b), 2);
  EXPECT_EQ(step.state().at("loss_scale_optimizer/loss_scale/dynamic_scale").at(0), 16);
  EXPECT_EQ(step.state().at("loss_scale_optimizer_1/loss_scale/dynamic_scale").at(0), 4);
}

TEST(LossScale, WhatCannotBeWrappedIsSaid) {
  const auto train = [](Optimizer optimizer) {
    line("float32", std::move(optimizer)).train_on_batch({rows({1}), rows({0}), {}});
  };
  EXPECT_THAT(error_of(ErrorKind::spec, [&] { train(LossScaleOptimizer{.inner_optimizer = LossScaleOptimizer{.inner_optimizer = "adam"}}); }),
              HasSubstr("wraps another LossScaleOptimizer"));
  EXPECT_THAT(error_of(ErrorKind::spec, [&] { train(LossScaleOptimizer{}); }), HasSubstr("'inner_optimizer'"));
  EXPECT_THAT(error_of(ErrorKind::spec, [&] { train("LossScaleOptimizer"); }), HasSubstr("'inner_optimizer'"));
  EXPECT_THAT(error_of(ErrorKind::spec, [] { line("mixed_float8", "sgd"); }), HasSubstr("mixed_float8"));
}

}  // namespace
}  // namespace strata
