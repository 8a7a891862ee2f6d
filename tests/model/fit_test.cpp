// fit, evaluate and predict: what the probes of tests/golden do not cover.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include <strata/callbacks/early_stopping.h>
#include <strata/layers/activations/relu.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/sgd.h>

namespace strata {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

// Numbers without a pattern: sin of a running number.
Tensor numbers(std::vector<std::int64_t> shape, double phase = 0, DType dtype = DType::float32) {
  Tensor t(dtype, std::move(shape));
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, std::sin(static_cast<double>(i + 1) * 12.9898 + phase));
  return t;
}
Tensor labels(std::int64_t rows, std::int64_t classes) {
  Tensor t(DType::int32, {rows});
  for (std::int64_t i = 0; i < rows; ++i) t.set(i, static_cast<double>((i * i) % classes));
  return t;
}
std::vector<std::string> names_of(const Logs& logs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : logs) names.push_back(name);
  return names;
}
std::string bytes_of(const Model& model) {
  std::string bytes;
  for (const auto& [path, t] : model.weights()) bytes.append(static_cast<const char*>(t.data()), t.bytes());
  return bytes;
}

struct How {
  std::uint64_t seed = 1;
  std::string backend = "cpu";
  std::string dtype = "float32";
};
// 3 features -> 4 -> 2, with dropout, so that the random stream counts.
Model regression(How how = {}) {
  const auto x = Input({3}, {.name = "x"});
  Model model(x,
              x | Dense{.units = 4, .activation = "tanh", .name = "hidden"} | Dropout{.rate = 0.25} |
                  Dense{.units = 2, .name = "out"},
              {.name = "regression"}, {.backend = how.backend, .seed = how.seed, .dtype = how.dtype});
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse", .metrics = MetricList{"mae"}});
  return model;
}
Model classifier(How how = {}) {
  const auto x = Input({3}, {.name = "x"});
  Model model(x, x | Dense{.units = 3, .activation = "softmax", .name = "out"}, {},
              {.backend = how.backend, .seed = how.seed, .dtype = how.dtype});
  model.compile({.optimizer = SGD{.learning_rate = 0.1},
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = MetricList{"accuracy"}});
  return model;
}
// y = x kernel, one number in and out, kernel 2.
Model line() {
  const auto x = Input({1}, {.name = "x"});
  Model model(x, x | Dense{.units = 1, .use_bias = false, .name = "out"}, {},
              {.backend = "reference", .dtype = "float64"});
  model.set_weights({{"out/kernel", Tensor::of<double>({1, 1}, {2})}});
  return model;
}

// --- rows --------------------------------------------------------------------------------------------------------------

TEST(ValidationSplit, TakesTheLastRows) {
  const Tensor x = numbers({10, 3}), y = numbers({10, 2}, 1);
  Model split = regression(), given = regression();
  const History a = split.fit(x, y, {.batch_size = 3, .epochs = 2, .verbose = 0, .validation_split = 0.25});
  const History b = given.fit(
      x.rows(0, 7), y.rows(0, 7),
      {.batch_size = 3, .epochs = 2, .verbose = 0, .validation_data = Dataset{x.rows(7, 10), y.rows(7, 10), {}}});
  EXPECT_EQ(a.history, b.history);
  EXPECT_EQ(bytes_of(split), bytes_of(given));
  EXPECT_EQ(a["val_loss"].size(), 2u);
  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] { split.fit(x.rows(0, 1), y.rows(0, 1), {.verbose = 0, .validation_split = 0.5}); }),
              HasSubstr("leaves nothing on one side"));
}

TEST(Validation, RunsEveryFewEpochs) {
  const Tensor x = numbers({4, 3}), y = numbers({4, 2}, 1);
  Model m = regression();
  const History h =
      m.fit(x, y, {.epochs = 5, .verbose = 0, .validation_data = Dataset{x, y, {}}, .validation_freq = 2});
  EXPECT_EQ(h["loss"].size(), 5u);
  EXPECT_EQ(h["val_loss"].size(), 2u);
}

TEST(Shuffle, OrderFollowsFromSeedAndEpochAlone) {
  const Tensor x = numbers({11, 3}), y = numbers({11, 2}, 1);
  const auto train = [&](How how, bool shuffle) {
    Model m = regression(how);
    m.fit(x, y, {.batch_size = 4, .epochs = 3, .verbose = 0, .shuffle = shuffle});
    return bytes_of(m);
  };
  EXPECT_EQ(train({.seed = 1}, true), train({.seed = 1}, true));
  EXPECT_NE(train({.seed = 1}, true), train({.seed = 2}, true));
  EXPECT_NE(train({.seed = 1}, true), train({.seed = 1}, false));

  // Three epochs at once, or one and then two more of the same model.
  Model m = regression();
  m.fit(x, y, {.batch_size = 4, .epochs = 1, .verbose = 0});
  const History rest = m.fit(x, y, {.batch_size = 4, .epochs = 3, .verbose = 0, .initial_epoch = 1});
  EXPECT_THAT(rest.epoch, ElementsAre(1, 2));
  EXPECT_EQ(bytes_of(m), train({.seed = 1}, true));

  EXPECT_EQ(shuffled_order(100, 7, 3), shuffled_order(100, 7, 3));
  EXPECT_NE(shuffled_order(100, 7, 3), shuffled_order(100, 7, 4));
}

TEST(Fit, TrainsOnTheShortLastBatch) {
  const Tensor x = numbers({7, 3}), y = numbers({7, 2}, 1);
  Model fitted = regression(), stepped = regression();
  const History h = fitted.fit(x, y, {.batch_size = 3, .verbose = 0, .shuffle = false});
  double loss = 0, mae = 0;
  for (const std::int64_t first : {0, 3, 6}) {
    const std::int64_t last = std::min<std::int64_t>(first + 3, 7);
    const Logs logs = stepped.train_on_batch({x.rows(first, last), y.rows(first, last), {}});
    loss += static_cast<double>(last - first) * logs[0].second / 7;
    mae += static_cast<double>(last - first) * logs[1].second / 7;
  }
  EXPECT_EQ(bytes_of(fitted), bytes_of(stepped));
  EXPECT_NEAR(h["loss"][0], loss, 1e-6);
  EXPECT_NEAR(h["mae"][0], mae, 1e-6);

  const Arrays whole = fitted.predict(x, {.batch_size = 7});
  // The reference sums each row alone: equal bytes. A library may take another kernel for another batch size: close.
  const Model naive = regression({.backend = "reference"});
  EXPECT_TRUE(same_bytes(naive.predict(x, {.batch_size = 3}).columns()[0].second, naive.predict(x, {.batch_size = 7}).columns()[0].second));
  const Tensor parts = fitted.predict(x, {.batch_size = 3}).columns()[0].second, &once = whole.columns()[0].second;
  ASSERT_EQ(parts.shape(), once.shape());
  for (std::int64_t i = 0; i < parts.elements(); ++i) EXPECT_NEAR(parts.at(i), once.at(i), 1e-5);
  const Logs at_once = fitted.evaluate(x, y, {.batch_size = 7}), in_parts = fitted.evaluate(x, y, {.batch_size = 3});
  for (std::size_t i = 0; i < at_once.size(); ++i) EXPECT_NEAR(at_once[i].second, in_parts[i].second, 1e-6);
}

// --- weights of rows ---------------------------------------------------------------------------------------------------

TEST(SampleWeight, MultipliesTheLossOfItsRow) {
  Model m = line();
  m.compile({.optimizer = SGD{.learning_rate = 0.1},
             .loss = "mse",
             .metrics = MetricList{"mae"},
             .weighted_metrics = MetricList{"mse"}});
  const Tensor x = Tensor::of<double>({2, 1}, {1, 3}), y = Tensor::of<double>({2, 1}, {0, 0}),
               w = Tensor::of<double>({2}, {0.5, 2});
  const Logs logs = m.train_on_batch({x, y, w});
  EXPECT_THAT(names_of(logs), ElementsAre("loss", "mae", "mse"));
  EXPECT_NEAR(logs[0].second, (0.5 * 4 + 2 * 36) / 2, 1e-12);    // by the number of rows
  EXPECT_NEAR(logs[1].second, (2 + 6) / 2.0, 1e-12);             // metrics know no weights,
  EXPECT_NEAR(logs[2].second, (0.5 * 4 + 2 * 36) / 2.5, 1e-12);  // weighted ones are by their sum
  EXPECT_NEAR(m.weights().at("out/kernel").at(0), 2 - 0.1 * (0.5 * 2 * 2 * 1 + 2 * 2 * 6 * 3) / 2, 1e-12);
  const Logs again = m.evaluate(x, y, {.sample_weight = w});
  EXPECT_NE(again[0].second, m.evaluate(x, y)[0].second);
}

TEST(ClassWeight, IsTheSampleWeightOfEachRowsClass) {
  const Tensor x = numbers({9, 3}), y = labels(9, 3);
  Tensor weights(DType::float32, {9}), own(DType::float32, {9}), both(DType::float32, {9});
  const std::map<std::int64_t, double> by_class{{0, 0.5}, {1, 3}};  // class 2: 1
  for (std::int64_t i = 0; i < 9; ++i) {
    const auto found = by_class.find(static_cast<std::int64_t>(y.at(i)));
    weights.set(i, found == by_class.end() ? 1 : found->second);
    own.set(i, 0.25 * static_cast<double>(i));
    both.set(i, weights.at(i) * own.at(i));
  }
  const auto train = [&](const Dataset& data, const std::map<std::int64_t, double>& class_weight) {
    Model m = classifier();
    m.fit(data, {.batch_size = 4, .epochs = 2, .verbose = 0, .class_weight = class_weight});
    return bytes_of(m);
  };
  EXPECT_EQ(train({x, y, {}}, by_class), train({x, y, weights}, {}));
  EXPECT_EQ(train({x, y, own}, by_class), train({x, y, both}, {}));
  EXPECT_NE(train({x, y, {}}, by_class), train({x, y, {}}, {}));

  Tensor one_hot(DType::float32, {9, 3});
  for (std::int64_t i = 0; i < 9; ++i) one_hot.set(i * 3 + static_cast<std::int64_t>(y.at(i)), 1);
  const auto categorical = [&](const Dataset& data, const std::map<std::int64_t, double>& class_weight) {
    Model m = classifier();
    m.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = "categorical_crossentropy"});
    m.fit(data, {.batch_size = 4, .verbose = 0, .class_weight = class_weight});
    return bytes_of(m);
  };
  EXPECT_EQ(categorical({x, one_hot, {}}, by_class), categorical({x, one_hot, weights}, {}));
}

TEST(ClassWeight, KeepsFloat64) {
  const Tensor x = numbers({4, 3}, 0, DType::float64), y = labels(4, 3);
  const How how{.backend = "reference", .dtype = "float64"};
  Tensor tenth(DType::float64, {4});
  for (std::int64_t i = 0; i < 4; ++i) tenth.set(i, 0.1);
  Model a = classifier(how), b = classifier(how);
  a.fit({x, y, {}}, {.verbose = 0, .class_weight = {{0, 0.1}, {1, 0.1}, {2, 0.1}}});
  b.fit({x, y, tenth}, {.verbose = 0});
  EXPECT_EQ(bytes_of(a), bytes_of(b));
}

// --- several outputs ---------------------------------------------------------------------------------------------------

struct Two {
  Two() {
    const auto x = Input({3}, {.name = "x"});
    const auto h = x | Dense{.units = 4, .activation = "tanh"};
    model.emplace(std::vector{x}, std::vector{h | Dense{.units = 2, .name = "a"}, h | Dense{.units = 1, .name = "b"}},
                  ModelOptions{}, RunOptions{.backend = "reference", .dtype = "float64"});
  }
  Model& operator*() { return *model; }
  Model* operator->() { return &*model; }
  std::optional<Model> model;
};

TEST(SeveralOutputs, AddTheirLossesByTheirWeights) {
  const Tensor x = numbers({6, 3}), a = numbers({6, 2}, 1), b = numbers({6, 1}, 2);
  Two m;
  m->compile({.optimizer = "sgd",
              .loss = PerOutput<Loss>::map({{"a", "mse"}, {"b", "mae"}}),
              .loss_weights = PerOutput<double>::list({0.3, 0.7}),
              .metrics = PerOutput<MetricList>::map({{"b", MetricList{"mse"}}})});
  const Logs logs = m->test_on_batch({x, {{"a", a}, {"b", b}}, {}});
  EXPECT_THAT(names_of(logs), ElementsAre("loss", "a_loss", "b_loss", "b_mse"));
  const Arrays found = m->predict(x);
  double mse = 0, mae = 0;
  for (std::int64_t i = 0; i < 12; ++i) mse += std::pow(found.find("a")->at(i) - a.at(i), 2) / 12;
  for (std::int64_t i = 0; i < 6; ++i) mae += std::abs(found.find("b")->at(i) - b.at(i)) / 6;
  EXPECT_NEAR(logs[1].second, mse, 1e-6);  // targets are float32
  EXPECT_NEAR(logs[2].second, mae, 1e-6);
  EXPECT_NEAR(logs[0].second, 0.3 * mse + 0.7 * mae, 1e-6);
  const History h = m->fit({x, {{"b", b}, {"a", a}}, {}}, {.epochs = 2, .verbose = 0});
  EXPECT_EQ(h["a_loss"].size(), 2u);
}

TEST(SeveralOutputs, OneWithoutALossNeedsNoTarget) {
  Two m;
  m->compile({.optimizer = "sgd", .loss = PerOutput<Loss>::map({{"a", "mse"}})});
  const auto before = m->weights();
  m->fit({numbers({6, 3}), {{"a", numbers({6, 2}, 1)}}, {}}, {.verbose = 0});
  const auto after = m->weights();
  EXPECT_TRUE(same_bytes(before.at("b/kernel"), after.at("b/kernel")));
  EXPECT_FALSE(same_bytes(before.at("a/kernel"), after.at("a/kernel")));
}

TEST(SeveralOutputs, AreNamedInErrors) {
  const Tensor x = numbers({6, 3}), a = numbers({6, 2}, 1), b = numbers({6, 1}, 2);
  Two m;
  m->compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] {
                         m->fit({x, {{"a", a}}, {}}, {.verbose = 0});
                       }),
              HasSubstr("the output 'b' has a loss, the data has no target for it"));
  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] {
                         m->fit({x, {{"a", a}, {"c", b}}, {}}, {.verbose = 0});
                       }),
              HasSubstr("no output 'c'; it has a, b"));
  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] {
                         m->fit({x, a, {}}, {.verbose = 0});
                       }),
              HasSubstr("the model has 2 outputs (a, b), one array without a name is given"));
  m->compile({.optimizer = "sgd", .loss = PerOutput<Loss>::map({{"a", "mse"}, {"c", "mse"}})});
  EXPECT_THAT(error_of(ErrorKind::spec,
                       [&] {
                         m->fit({x, {{"a", a}, {"b", b}}, {}}, {.verbose = 0});
                       }),
              HasSubstr("loss names the output 'c', the model's outputs are a, b"));
  m->compile({.optimizer = "sgd", .loss = PerOutput<Loss>::list({"mse", "mse", "mse"})});
  EXPECT_THAT(error_of(ErrorKind::spec,
                       [&] {
                         m->fit({x, {{"a", a}, {"b", b}}, {}}, {.verbose = 0});
                       }),
              HasSubstr("loss has 3 entries, the model has 2 outputs"));
}

// --- callbacks, freezing, threads --------------------------------------------------------------------------------------

TEST(EarlyStopping, EndsFit) {
  Model m = line();
  m.compile({.optimizer = SGD{.learning_rate = 0.0}, .loss = "mse"});
  const Tensor x = Tensor::of<double>({2, 1}, {1, 3});
  const History h =
      m.fit(x, x, {.epochs = 10, .verbose = 0, .callbacks = {EarlyStopping{.monitor = "loss", .patience = 2}}});
  EXPECT_EQ(h.epoch.size(), 3u);  // the first is the best, two more are waited for
}

TEST(SetTrainable, TakesEffectWithTheNextCompile) {
  const Tensor x = numbers({8, 3}), y = numbers({8, 2}, 1);
  const auto changed = [&](Model& m, const std::map<std::string, Tensor>& before) {
    std::vector<std::string> paths;
    for (const auto& [path, t] : m.weights())
      if (!same_bytes(t, before.at(path))) paths.push_back(path);
    return paths;
  };
  Model m = regression();
  auto before = m.weights();
  m.set_trainable("hidden", false);
  m.predict(x);  // a trace of another kind changes nothing
  m.fit(x, y, {.verbose = 0});
  EXPECT_THAT(changed(m, before), ElementsAre("hidden/bias", "hidden/kernel", "out/bias", "out/kernel"));

  m.compile({.optimizer = Adam{}, .loss = "mse"});
  before = m.weights();
  m.fit(x, y, {.verbose = 0});
  EXPECT_THAT(changed(m, before), ElementsAre("out/bias", "out/kernel"));
  EXPECT_EQ(m.summary().trainable_params, 4 * 2 + 2);

  m.set_trainable("hidden", true);
  m.compile({.optimizer = Adam{}, .loss = "mse"});
  before = m.weights();
  m.fit(x, y, {.verbose = 0});
  EXPECT_THAT(changed(m, before), ElementsAre("hidden/bias", "hidden/kernel", "out/bias", "out/kernel"));
}

TEST(Predict, IsTheSameFromSeveralThreadsAtOnce) {
  const Tensor x = numbers({37, 3});
  for (int round = 0; round < 10; ++round) {
    const Model m = regression();  // a fresh one: the threads meet at its first trace
    std::vector<Tensor> found(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < found.size(); ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 5; ++i) found[t] = m.predict(x, {.batch_size = 8}).columns()[0].second;
      });
    for (std::thread& t : threads) t.join();
    const Tensor alone = m.predict(x, {.batch_size = 8}).columns()[0].second;
    for (const Tensor& t : found) EXPECT_TRUE(same_bytes(t, alone));
  }
}

// Kernels keep forms of weights between predictions: whatever changes a weight is seen by the next one.
TEST(Predict, SeesWeightsThatWereSetTrainedAndReset) {
  const Tensor x = numbers({12, 8, 8, 3});
  const auto made = [](const std::string& backend) {
    const auto in = Input({8, 8, 3});
    auto h = in | Conv2D{.filters = 16, .kernel_size = 3, .name = "conv"} | BatchNormalization{} | ReLU{} | Flatten{};
    Model m(in, h | Dense{.units = 4}, {}, {.backend = backend, .seed = 3});
    m.compile({.optimizer = SGD{.learning_rate = 0.05}, .loss = "mse"});
    return m;
  };
  Model cpu = made("cpu"), reference = made("reference");
  const Tensor targets = numbers({12, 4}, 1);
  const auto predictions = [&] { return cpu.predict(x, {.batch_size = 5}).columns()[0].second; };
  const auto agree = [&](const char* after) {
    const Tensor a = predictions(), b = reference.predict(x, {.batch_size = 5}).columns()[0].second;
    for (std::int64_t i = 0; i < a.elements(); ++i) EXPECT_NEAR(a.at(i), b.at(i), 2e-4) << after;
    return a.clone();
  };
  const Tensor before = agree("the start");
  for (Model* m : {&cpu, &reference}) m->fit(x, targets, {.batch_size = 4, .epochs = 2, .verbose = 0, .shuffle = false});
  const Tensor trained = agree("fit");
  EXPECT_FALSE(same_bytes(trained, before));
  EXPECT_NEAR(cpu.evaluate(x, targets)[0].second, reference.evaluate(x, targets)[0].second, 1e-4);
  auto weights = cpu.weights();
  for (std::int64_t i = 0; i < weights.at("conv/kernel").elements(); ++i) weights.at("conv/kernel").set(i, 0.01 * static_cast<double>(i % 7));
  for (Model* m : {&cpu, &reference}) m->set_weights(weights);
  EXPECT_FALSE(same_bytes(agree("set_weights"), trained));
  for (Model* m : {&cpu, &reference}) m->train_on_batch({x, targets, {}});
  agree("train_on_batch");
}

// --- errors ------------------------------------------------------------------------------------------------------------

TEST(FitErrors, SayWhatIsWrong) {
  const Tensor x = numbers({6, 3}), y = numbers({6, 2}, 1);
  Model m = regression();
  const auto data = [&](const Dataset& rows) {
    return error_of(ErrorKind::data, [&] { m.fit(rows, {.verbose = 0}); });
  };
  EXPECT_THAT(data({numbers({6, 5}), y, {}}), HasSubstr("the input 'x' takes the shape (None, 3), received (6, 5)"));
  EXPECT_THAT(data({numbers({6}), y, {}}), HasSubstr("the input 'x' takes the shape (None, 3), received (6,)"));
  EXPECT_THAT(data({x, {}, {}}), HasSubstr("the output 'out' has a loss, the data has no target for it"));
  EXPECT_THAT(data({x, numbers({5, 2}), {}}), HasSubstr("rows"));
  EXPECT_THAT(data({x, y, numbers({5})}), HasSubstr("rows"));
  EXPECT_THAT(data({{{"z", x}}, y, {}}), HasSubstr("the model has no input 'z'; it has x"));
  EXPECT_THAT(data({x.rows(0, 0), y.rows(0, 0), {}}), HasSubstr("there are no rows to train on"));
  EXPECT_THAT(error_of(ErrorKind::spec, [&] { m.fit(x, numbers({6, 3}), {.verbose = 0}); }), HasSubstr("(None, 3)"));
  const auto arguments = [&](const FitArguments& a) { return error_of(ErrorKind::spec, [&] { m.fit(x, y, a); }); };
  EXPECT_THAT(arguments({.batch_size = 0}), HasSubstr("batch_size must be at least 1, received 0"));
  EXPECT_THAT(arguments({.epochs = -1}), HasSubstr("epochs must be at least 0, received -1"));
  EXPECT_THAT(arguments({.validation_split = 1}), HasSubstr("validation_split must lie in [0, 1), received 1"));
  EXPECT_THAT(arguments({.validation_split = 0.5, .validation_data = Dataset{x, y, {}}}), HasSubstr("both given"));

  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] {
                         m.predict(numbers({6, 5}));
                       }),
              HasSubstr("the input 'x' takes the shape (None, 3), received (6, 5)"));
  EXPECT_THAT(error_of(ErrorKind::data, [&] { m.predict(x.rows(0, 0)); }), HasSubstr("there are no rows to predict"));
  EXPECT_THAT(error_of(ErrorKind::data,
                       [&] {
                         m.evaluate(numbers({6, 5}), y);
                       }),
              HasSubstr("the input 'x' takes the shape (None, 3), received (6, 5)"));

  Model uncompiled = line();
  const Tensor one = Tensor::of<double>({1, 1}, {1});
  for (const auto& use : std::vector<std::function<void()>>{[&] { uncompiled.fit(one, one, {.verbose = 0}); },
                                                            [&] { uncompiled.evaluate(one, one); },
                                                            [&] {
                                                              uncompiled.train_on_batch({one, one, {}});
                                                            }})
    EXPECT_THAT(error_of(ErrorKind::spec, use), HasSubstr("the model is not compiled"));
  EXPECT_DOUBLE_EQ(uncompiled.predict(one).columns()[0].second.at(0), 2);  // prediction needs no compile
}

// An error leaves the model as it was.
TEST(FitErrors, LeaveTheModelUsable) {
  const Tensor x = numbers({6, 3}), y = numbers({6, 2}, 1);
  Model m = regression(), untroubled = regression();
  EXPECT_THROW(m.fit(numbers({6, 5}), y, {.verbose = 0}), Error);
  EXPECT_THROW(m.fit(x, numbers({6, 3}), {.verbose = 0}), Error);
  EXPECT_THROW(m.predict(numbers({6, 5})), Error);
  m.fit(x, y, {.verbose = 0});
  untroubled.fit(x, y, {.verbose = 0});
  EXPECT_EQ(bytes_of(m), bytes_of(untroubled));
}

}  // namespace
}  // namespace strata
