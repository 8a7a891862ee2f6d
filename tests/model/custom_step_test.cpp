// Steps of a program's own beside real Keras' numbers (tests/golden/probes/gan.md), and what a step promises.
#include <filesystem>

#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strata/layers/core/dense.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/losses/mean_squared_error.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/sgd.h>
#include <strata/step.h>
#include "golden/probe.h"
#include "probes/user_models.h"

namespace strata {
namespace {

using testing::HasSubstr;

// What an Error says, of kind `kind`.
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

RunOptions on(const std::string& backend, const std::string& dtype) { return {.backend = backend, .dtype = dtype}; }

void train_gan(const RunOptions& run, Bound bound, bool detach) {
  const Golden golden("gan");
  Gan gan(golden, run);
  gan.detach = detach;
  Step step(gan, run);
  for (int k = 0; k < 5; ++k) {
    const std::string at = "step" + std::to_string(k);
    const Logs logs = step(golden.under(at + "/x"));
    ASSERT_EQ(logs.size(), 2u);
    for (const auto& [name, value] : logs) expect_near(value, golden.at(at + "/" + name).at(0), bound, at + "/" + name);
  }
  for (const Model& model : {gan.generator, gan.discriminator}) {
    const auto expected = golden.under("final/" + model.name());
    const auto found = model.weights();
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [path, t] : expected) expect_near(found.at(path), t, bound, model.name() + "/" + path);
  }
  const auto state = step.state();
  EXPECT_EQ(state.at("adam/iteration").at(0), 5);
  EXPECT_EQ(state.at("adam_1/iteration").at(0), 5);
  const auto expect_slots = [&](const std::string& ours, const std::string& keras,
                                const std::vector<std::string>& weights) {
    for (const std::string& weight : weights)
      for (const std::string slot : {"momentum", "velocity"}) {
        std::string key = weight;
        std::replace(key.begin(), key.end(), '/', '_');
        expect_near(state.at(ours + "/" + weight + "/" + slot), golden.at(keras + "/" + key + "_" + slot), bound,
                    weight + "/" + slot);
      }
  };
  expect_slots("adam", "d_final_slots/adam", {"d_hidden/kernel", "d_hidden/bias", "logit/kernel", "logit/bias"});
  expect_slots("adam_1", "g_final_slots/adam_1", {"g_hidden/kernel", "g_hidden/bias", "sample/kernel", "sample/bias"});
  expect_near(gan.generator.predict(golden.at("step0/x/z_g")).columns()[0].second, golden.at("prediction/sample"),
              bound, "prediction");
}

TEST(GanStep, EqualsKerasOnTheReference) { train_gan(on("reference", "float64"), {1e-9, 1e-12}, true); }
TEST(GanStep, EqualsKerasOnTheCpu) { train_gan(on("cpu", "float64"), {1e-9, 1e-12}, true); }
// Five steps of Adam at 0.02: what float32 rounds away is a small part of one step.
TEST(GanStep, FollowsKerasInFloat32OnTheCpu) { train_gan(on("cpu", "float32"), {2e-4, 2e-5}, true); }
// No gradient leaves through an update, so the generator does not learn through the discriminator's.
TEST(GanStep, IsTheSameWhereTheFakesAreNotDetached) { train_gan(on("reference", "float64"), {1e-9, 1e-12}, false); }

// y = x kernel, kernel (1, 1) = 2.
Model line(const std::string& name, const RunOptions& run) {
  const auto x = Input({1});
  Model m(x, x | Dense{.units = 1, .use_bias = false, .name = "dense"}, {.name = name}, run);
  m.set_weights({{"dense/kernel", Tensor::of<double>({1, 1}, {2})}});
  return m;
}
double kernel(const Model& m) { return m.weights().at("dense/kernel").at(0); }
const Tensor one_row = Tensor::of<double>({1, 1}, {3});

TEST(CustomStep, UpdatesTheModelsThatMinimizeIsGivenAndNoOther) {
  const RunOptions run = on("reference", "float64");
  const Model a = line("a", run), b = line("b", run);
  Step step(
      [&](StepScope& s) {
        const Value loss = sum(s.call(b, s.call(a, s.input("x", {1}))));  // 3 a b
        s.minimize(loss, {b}, SGD{.learning_rate = 0.1});
        s.report("loss", loss);
      },
      run);
  EXPECT_DOUBLE_EQ(step({{"x", one_row}})[0].second, 12);
  EXPECT_DOUBLE_EQ(kernel(a), 2);
  EXPECT_DOUBLE_EQ(kernel(b), 2 - 0.1 * 6);
}

TEST(CustomStep, OneOptimizerServesSeveralModelsWhoseLayersShareNames) {
  const RunOptions run = on("reference", "float64");
  const Model a = line("a", run), b = line("b", run);
  Step step(
      [&](StepScope& s) {
        const Value loss = sum(square(s.call(b, s.call(a, s.input("x", {1})))));  // 9 a^2 b^2
        s.minimize(loss, {a, b}, SGD{.learning_rate = 0.001, .momentum = 0.9}, "both");
        s.report("loss", loss);
      },
      run);
  step({{"x", one_row}});
  EXPECT_DOUBLE_EQ(kernel(a), 2 - 0.001 * 18 * 2 * 4);
  EXPECT_DOUBLE_EQ(kernel(b), 2 - 0.001 * 18 * 2 * 4);
  const auto state = step.state();
  EXPECT_EQ(state.count("both/a/dense/kernel/momentum"), 1u);
  EXPECT_EQ(state.count("both/b/dense/kernel/momentum"), 1u);
}

TEST(CustomStep, UpdatesPartOfAModelAsAModelOfItsOwn) {
  const RunOptions run = on("reference", "float64");
  const Model inner = line("inner", run);
  const auto x = Input({1});
  Model outer(x, x | inner.as_layer() | Dense{.units = 1, .use_bias = false, .name = "head"}, {.name = "outer"}, run);
  outer.set_weights({{"head/kernel", Tensor::of<double>({1, 1}, {5})}});
  Step step(
      [&](StepScope& s) {
        const Value x = s.input("x", {1});
        s.call(inner, x);
        const Value loss = sum(s.call(outer, x));  // 3 inner head
        s.minimize(loss, {inner}, Adam{.learning_rate = 0.5});
        s.report("loss", loss);
      },
      run);
  EXPECT_DOUBLE_EQ(step({{"x", one_row}})[0].second, 30);
  EXPECT_NEAR(kernel(inner), 1.5, 1e-6);  // Adam's first step is its rate
  EXPECT_DOUBLE_EQ(outer.weights().at("head/kernel").at(0), 5);
}

TEST(CustomStep, CallsInBothModes) {
  const RunOptions run = on("reference", "float64");
  const auto x = Input({2});
  const Model m(x, x | BatchNormalization{.momentum = 0.5, .name = "norm"} | Dropout{.rate = 0.5}, {}, run);
  Step step(
      [&](StepScope& s) {
        const Value x = s.input("x", {2});
        s.report("predicting", sum(s.call(m, x, false)));
        const auto moving = [&] { return m.weights().at("norm/moving_mean").at(0); };
        EXPECT_EQ(moving(), 0);
        s.report("training", mean(s.call(m, x)));
      },
      run);
  const Tensor rows = Tensor::of<double>({2, 2}, {1, 2, 3, 4});
  const Logs logs = step({{"x", rows}});
  EXPECT_NEAR(logs[0].second, 10 / std::sqrt(1.001), 1e-12);      // by mean 0 and variance 1
  EXPECT_DOUBLE_EQ(m.weights().at("norm/moving_mean").at(0), 1);  // half of 2, moved once
}

TEST(CustomStep, DrawsOtherNumbersAtEachStepAndTheSameFromTheSameState) {
  const RunOptions run{.backend = "reference", .seed = 3};
  const auto make = [&] {
    return Step(
        [](StepScope& s) {
          const Value x = s.input("x", {2});
          const auto draw = [&] {
            const auto r = s.random();
            return mean(random_normal(r.state, r.stream, x.shape(), DType::float32));
          };
          s.report("a", draw());
          s.report("b", draw());
        },
        run);
  };
  const std::map<std::string, Tensor> batch{{"x", Tensor(DType::float32, {4, 2})}};
  Step one = make(), two = make();
  const Logs first = one(batch);
  EXPECT_NE(first[0].second, first[1].second);
  const auto state = one.state();
  const Logs second = one(batch);
  EXPECT_NE(second, first);
  EXPECT_EQ(two(batch), first);
  EXPECT_EQ(two(batch), second);
  two.set_state(state);
  EXPECT_EQ(two(batch), second);
  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] {
                         two.set_state({{"adam/iteration", Tensor::scalar<std::int64_t>(1)}});
                       }),
              HasSubstr("adam/iteration"));
}

// The random streams of its models' layers are part of the file, and so of the state.
TEST(CustomStep, GoesOnFromItsFileWithTheSameDraws) {
  const RunOptions run{.backend = "cpu", .seed = 5};
  struct Trained {
    Model model;
    Step step;
    explicit Trained(const RunOptions& run)
        : model([&] {
            const auto x = Input({3});
            return Model(x, x | Dense{.units = 8} | Dropout{.rate = 0.5} | Dense{.units = 1}, {.name = "m"}, run);
          }()),
          step([m = model](StepScope& s) {
            const Value loss = mean(square(s.call(m, s.input("x", {3}))));
            s.minimize(loss, {m}, Adam{.learning_rate = 0.01});
            s.report("loss", loss);
          }, run) {}
  };
  const std::map<std::string, Tensor> batch{{"x", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})}};
  const auto file = std::filesystem::temp_directory_path() / fmt::format("strata-step-{}.h5", ::getpid());
  Trained whole(run), resumed(run);
  whole.step(batch);
  whole.step.save(file);
  EXPECT_EQ(whole.step.state().count("m/random_state"), 1u);
  resumed.step.load(file);
  const Logs expected = whole.step(batch);
  EXPECT_EQ(resumed.step(batch), expected);
  EXPECT_NE(whole.step(batch), expected);

  Step other([&](StepScope& s) { s.report("y", mean(s.call(line("line", run), s.input("x", {1})))); }, run);
  EXPECT_THAT(error_of(ErrorKind::data, [&] { other.load(file); }), HasSubstr("the step has no '"));
  std::filesystem::remove(file);
}

TEST(CustomStep, GivesLossesOfLayersAndPenaltiesOfWeights) {
  const RunOptions run = on("reference", "float64");
  const auto x = Input({1});
  ObjectConfig l2{"L2", {{"l2", 0.5}}};
  Dense dense{.units = 1, .use_bias = false, .name = "dense"};
  dense.kernel_regularizer.assign(Config(l2));
  dense.activity_regularizer.assign(Config(l2));
  const Model m(x, x | dense, {}, run);
  Model(m).set_weights({{"dense/kernel", Tensor::of<double>({1, 1}, {2})}});
  const Model other = line("other", run);
  Step step(
      [&](StepScope& s) {
        const Value x = s.input("x", {1});
        s.call(m, x);
        s.call(other, x);
        EXPECT_EQ(s.losses(m).size(), 2u);
        EXPECT_EQ(s.losses(other).size(), 0u);
        EXPECT_EQ(s.losses().size(), 2u);
        s.report("activity", s.losses(m)[0]);
        s.report("weights", s.losses(m)[1]);
      },
      run);
  const Logs logs = step({{"x", Tensor::of<double>({2, 1}, {1, 3})}});
  EXPECT_DOUBLE_EQ(logs[0].second, 0.5 * (4 + 36) / 2);  // per row
  EXPECT_DOUBLE_EQ(logs[1].second, 0.5 * 4);
}

// fit's own step, written as a program would.
TEST(CustomStep, EqualsFitsOwnStepByteForByte) {
  const RunOptions run{.backend = "cpu", .seed = 5};
  const auto make = [&] {
    const auto x = Input({3});
    return Model(x,
                 x | Dense{.units = 8, .activation = "relu"} | Dropout{.rate = 0.25} | Dense{.units = 2, .name = "out"},
                 {.name = "m"}, run);
  };
  Model fitted = make(), stepped = make();
  fitted.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse"});
  Step step(
      [&](StepScope& s) {
        const Loss mse = "mse";
        const Value loss = mse(s.input("y", {2}), s.call(stepped, s.input("x", {3})));
        s.minimize(loss, {stepped}, Adam{.learning_rate = 0.01});
        s.report("loss", loss);
      },
      run);
  for (const std::int64_t rows : {8, 8, 5, 8}) {
    Tensor x(DType::float32, {rows, 3}), y(DType::float32, {rows, 2});
    for (std::int64_t i = 0; i < x.elements(); ++i) x.set(i, std::sin(static_cast<double>(i * rows)));
    for (std::int64_t i = 0; i < y.elements(); ++i) y.set(i, std::cos(static_cast<double>(i)));
    const Logs a = fitted.train_on_batch({x, y, {}}), b = step({{"x", x}, {"y", y}});
    EXPECT_EQ(a[0].second, b[0].second);
  }
  for (const auto& [path, t] : fitted.weights()) EXPECT_TRUE(same_bytes(t, stepped.weights().at(path))) << path;
}

TEST(CustomStep, SkipsAStepWhoseGradientIsNotFinite) {
  RunOptions run = on("reference", "float64");
  run.skip_nonfinite_updates = true;
  const Model a = line("a", run), b = line("b", run);
  Step step(
      [&](StepScope& s) {
        const Value x = s.input("x", {1}), y = s.input("y", {1});
        s.minimize(sum(s.call(a, x)), {a}, SGD{.learning_rate = 0.1});
        s.minimize(sum(s.call(b, y)), {b}, SGD{.learning_rate = 0.1});
      },
      run);
  const Tensor nan = Tensor::of<double>({1, 1}, {std::nan("")});
  EXPECT_EQ(step({{"x", one_row}, {"y", nan}}), (Logs{{"skipped_updates", 1}}));
  EXPECT_DOUBLE_EQ(kernel(a), 2);
  EXPECT_DOUBLE_EQ(kernel(b), 2);
  EXPECT_EQ(step({{"x", one_row}, {"y", one_row}}), (Logs{{"skipped_updates", 0}}));
  EXPECT_DOUBLE_EQ(kernel(a), 2 - 0.3);
  EXPECT_DOUBLE_EQ(kernel(b), 2 - 0.3);
}

TEST(CustomStep, FollowsACompileThatFreezesAndKeepsTheSlotsOfTheRest) {
  const RunOptions run = on("reference", "float64");
  const auto x = Input({1});
  Model m(
      x, x | Dense{.units = 1, .use_bias = false, .name = "low"} | Dense{.units = 1, .use_bias = false, .name = "high"},
      {}, run);
  m.set_weights({{"low/kernel", Tensor::of<double>({1, 1}, {2})}, {"high/kernel", Tensor::of<double>({1, 1}, {3})}});
  const auto weight = [&](const char* path) { return m.weights().at(path).at(0); };
  Step step(
      [&](StepScope& s) {
        s.minimize(sum(s.call(m, s.input("x", {1}))), {m}, SGD{.learning_rate = 0.1, .momentum = 0.5});
      },
      run);
  const std::map<std::string, Tensor> batch{{"x", Tensor::of<double>({1, 1}, {1})}};
  step(batch);  // gradients 3 and 2
  EXPECT_DOUBLE_EQ(weight("low/kernel"), 1.7);
  EXPECT_DOUBLE_EQ(weight("high/kernel"), 2.8);
  m.set_trainable("low", false);
  m.compile({.optimizer = "sgd", .loss = "mse"});
  step(batch);
  EXPECT_DOUBLE_EQ(weight("low/kernel"), 1.7);
  EXPECT_NEAR(weight("high/kernel"), 2.8 - 0.5 * 0.2 - 0.1 * 1.7, 1e-12);  // momentum 0.2 goes on
}

TEST(CustomStep, TakesAnotherLearningRateThroughItsState) {
  const RunOptions run = on("reference", "float64");
  const Model a = line("a", run);
  Step step([&](StepScope& s) { s.minimize(sum(s.call(a, s.input("x", {1}))), {a}, SGD{.learning_rate = 0.1}, "sgd"); },
            run);
  step({{"x", one_row}});
  EXPECT_DOUBLE_EQ(kernel(a), 2 - 0.3);
  step.set_state({{"sgd/learning_rate", Tensor::scalar(0.01)}});
  step({{"x", one_row}});
  EXPECT_DOUBLE_EQ(kernel(a), 2 - 0.3 - 0.03);
}

TEST(CustomStep, SaysWhatIsWrong) {
  const RunOptions run = on("reference", "float64");
  const Model a = line("a", run), b = line("b", run);
  const auto wrong = [&](auto definition) { return error_of(ErrorKind::spec, [&] { Step(definition, run); }); };
  EXPECT_THAT(wrong([](StepScope&) {}), HasSubstr("does nothing"));
  EXPECT_THAT(wrong([&](StepScope& s) { s.call(a, s.input("x", {2})); }),
              HasSubstr("of the model 'a' takes the shape (None, 1), received (None, 2)"));
  EXPECT_THAT(wrong([&](StepScope& s) {
                const Value x = s.input("x", {1});
                s.call(a, {x, x});
              }),
              HasSubstr("takes 1 input, 2 are given"));
  EXPECT_THAT(wrong([&](StepScope& s) {
                s.input("x", {1});
                s.input("x", {1});
              }),
              HasSubstr("two inputs named 'x'"));
  EXPECT_THAT(wrong([&](StepScope& s) { s.minimize(s.call(a, s.input("x", {1})), {a}, "sgd"); }),
              HasSubstr("takes a scalar, received float64 (None, 1)"));
  EXPECT_THAT(wrong([&](StepScope& s) { s.minimize(sum(s.call(a, s.input("x", {1}))), {b}, "sgd"); }),
              HasSubstr("'b'"));
  EXPECT_THAT(wrong([&](StepScope& s) {
                const Value loss = sum(s.call(a, s.input("x", {1})));
                s.minimize(loss, {a}, "sgd");
                s.minimize(loss, {a}, "sgd");
              }),
              HasSubstr("'dense/kernel' is updated twice"));
  EXPECT_THAT(wrong([&](StepScope& s) { s.report("x", s.input("x", {1})); }), HasSubstr("a scalar is needed"));
  const Model elsewhere = line("elsewhere", on("cpu", "float64"));
  EXPECT_THAT(wrong([&](StepScope& s) { s.call(elsewhere, s.input("x", {1})); }), HasSubstr("runs on 'cpu'"));

  Step step(
      [&](StepScope& s) {
        const Value x = s.input("x", {1});
        s.report("sum", sum(s.call(a, x + s.input("y", {1}))));
      },
      run);
  const auto data = [&](const std::map<std::string, Tensor>& batch) {
    return error_of(ErrorKind::data, [&] { step(batch); });
  };
  EXPECT_THAT(data({{"x", one_row}}), HasSubstr("no data for the input 'y'"));
  EXPECT_THAT(data({{"x", one_row}, {"y", one_row}, {"z", one_row}}), HasSubstr("no input 'z'; it has x, y"));
  EXPECT_THAT(data({{"x", one_row}, {"y", Tensor(DType::float64, {2, 1})}}),
              HasSubstr("'y' has 2 rows, the other columns have 1"));
  EXPECT_DOUBLE_EQ(step({{"x", one_row}, {"y", one_row}})[0].second, 12);  // and goes on
}

}  // namespace
}  // namespace strata
