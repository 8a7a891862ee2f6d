// What a model promises, on a backend whose memory is far away: callbacks, averages, states, adapt, other weights, several
// models, rows that find no room; how often the host waits; and what is said where there is no kernel or no memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include <strata/callbacks/lambda_callback.h>
#include <strata/callbacks/learning_rate_scheduler.h>
#include <strata/layers/convolutional/conv2d.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/core/embedding.h>
#include <strata/layers/merging/add.h>
#include <strata/layers/normalization/batch_normalization.h>
#include <strata/layers/preprocessing/normalization.h>
#include <strata/layers/preprocessing/string_lookup.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/layers/reshaping/flatten.h>
#include <strata/layers/rnn/lstm.h>
#include <strata/model.h>
#include <strata/optimizers/adam.h>
#include <strata/optimizers/sgd.h>
#include "far/far_backend.h"
#include "src/files/keras_model.h"
#include "src/model/fit.h"

namespace strata {
namespace {

using testing::HasSubstr;

template <class F>
Error error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::runtime, "");
}

Tensor numbers(std::vector<std::int64_t> shape, double phase = 0) {
  Tensor t(DType::float32, std::move(shape));
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, std::sin(static_cast<double>(i + 1) * 12.9898 + phase));
  return t;
}
Tensor labels(std::int64_t rows, std::int64_t classes) {
  Tensor t(DType::int32, {rows});
  for (std::int64_t i = 0; i < rows; ++i) t.set(i, static_cast<double>((i * i) % classes));
  return t;
}

// Everything that a model and its optimizer hold.
std::map<std::string, Tensor> variables_of(const Model& model) {
  std::map<std::string, Tensor> all = model.weights();
  const Variables& v = model.state().optimizer->variables;
  for (std::size_t i = 0; i < v.list().size(); ++i) all["optimizer/" + v.list()[i].path] = v.read(static_cast<std::int64_t>(i));
  return all;
}

std::map<std::string, Tensor> tensors_of(const Logs& logs) {
  std::map<std::string, Tensor> all;
  for (const auto& [name, value] : logs) all["log " + name] = Tensor::scalar(value);
  return all;
}

using Results = std::map<std::string, Tensor>;

// The same on the CPU and far away.
void expect_same(const std::function<Results(const RunOptions&)>& course) {
  far_backend(2).set_memory({});
  const Results expected = course({.backend = "cpu", .threads = 2, .seed = 3}), found = course({.backend = "far", .threads = 2, .seed = 3});
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, t] : expected) EXPECT_TRUE(same_bytes(found.at(name), t)) << name;
}

Model network(const RunOptions& run, Optimizer optimizer = Adam{.learning_rate = 0.01}) {
  const auto x = Input({6, 6, 2}, {.name = "x"});
  Model model(x, x | Conv2D{.filters = 4, .kernel_size = 3, .activation = "relu", .name = "conv"} | BatchNormalization{.name = "norm"} | Flatten{} |
                     Dropout{.rate = 0.25} | Dense{.units = 3, .activation = "softmax", .name = "out"}, {}, run);
  model.compile({.optimizer = optimizer, .loss = "sparse_categorical_crossentropy", .metrics = MetricList{"accuracy"}});
  return model;
}
Dataset rows(std::int64_t n) { return {numbers({n, 6, 6, 2}), labels(n, 3), {}}; }

Results trained(const RunOptions& run, Optimizer optimizer, FitArguments arguments) {
  Model model = network(run, optimizer);
  arguments.verbose = 0;
  const History history = model.fit(rows(70), arguments);
  Results all = variables_of(model);
  for (const auto& [name, values] : history.history) all["history " + name] = Tensor::of<double>({static_cast<std::int64_t>(values.size())}, std::span<const double>(values));
  for (const auto& [name, t] : tensors_of(model.evaluate(rows(33), {.batch_size = 8}))) all[name] = t;
  all["prediction"] = model.predict(rows(33).x, {.batch_size = 8}).columns()[0].second;
  return all;
}

TEST(FarModel, TrainsEvaluatesAndPredicts) {
  expect_same([](const RunOptions& run) {
    return trained(run, Adam{.learning_rate = 0.01}, {.batch_size = 16, .epochs = 3, .validation_split = 0.2, .validation_batch_size = 5});
  });
}

TEST(FarModel, KeepsAveragesAndAccumulates) {
  expect_same([](const RunOptions& run) {
    return trained(run, SGD{.learning_rate = 0.05, .momentum = 0.9, .use_ema = true, .ema_overwrite_frequency = 3, .gradient_accumulation_steps = 2},
                   {.batch_size = 16, .epochs = 3});
  });
}

TEST(FarModel, TakesTheLearningRateThatACallbackSets) {
  expect_same([](const RunOptions& run) {
    const LambdaCallback by_batch{.on_train_batch_begin = [](std::int64_t batch, Training& t) { t.set_learning_rate(t.learning_rate() * (batch % 2 ? 0.5 : 1.5)); }};
    return trained(run, Adam{.learning_rate = 0.01}, {.batch_size = 16, .epochs = 2, .callbacks = {by_batch}});
  });
}

TEST(FarModel, TakesWeightsThatAreSetWhileItTrains) {
  expect_same([](const RunOptions& run) {
    const LambdaCallback callback{.on_train_batch_end = [](std::int64_t batch, const Logs&, Training& t) {
      if (batch != 1) return;
      std::map<std::string, Tensor> w = t.weights();
      w.at("out/bias") = numbers({3}, 2);
      t.set_weights({{"out/bias", w.at("out/bias")}});
    }};
    return trained(run, Adam{.learning_rate = 0.01}, {.batch_size = 16, .epochs = 2, .callbacks = {callback}});
  });
}

TEST(FarModel, TrainsBatchByBatchAndAfterOtherWeightsWereSet) {
  expect_same([](const RunOptions& run) {
    Model model = network(run);
    Results all = tensors_of(model.train_on_batch(rows(9)));
    model.set_weights(network({.backend = "cpu", .seed = 11}).weights());
    all["prediction"] = model.predict(rows(9).x).columns()[0].second;
    for (const auto& [name, t] : tensors_of(model.train_on_batch(rows(7)))) all["second " + name] = t;
    for (const auto& [name, t] : tensors_of(model.test_on_batch(rows(7)))) all["test " + name] = t;
    for (const auto& [name, t] : variables_of(model)) all[name] = t;
    return all;
  });
}

TEST(FarModel, FreezesAndThaws) {
  expect_same([](const RunOptions& run) {
    Model model = network(run);
    model.fit(rows(40), {.batch_size = 16, .verbose = 0});
    model.set_trainable("conv", false);
    model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = "sparse_categorical_crossentropy"});
    model.fit(rows(40), {.batch_size = 16, .verbose = 0});
    model.set_trainable("conv", true);
    model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = "sparse_categorical_crossentropy"});
    model.fit(rows(40), {.batch_size = 16, .verbose = 0});
    return variables_of(model);
  });
}

TEST(FarModel, AdaptsToNumbersAndTexts) {
  expect_same([](const RunOptions& run) {
    const auto x = Input({4}, {.name = "x"});
    const auto word = Input({1}, {.name = "word", .dtype = DType::string});
    const auto found = word | StringLookup{} | Embedding{.input_dim = 8, .output_dim = 3} | Flatten{};
    Model model({x, word}, {std::vector{x | Normalization{} | Dense{.units = 5, .activation = "tanh"} | Dense{.units = 2, .name = "left"},
                                        found | Dense{.units = 2, .name = "right"}} | Add{.name = "sum"}}, {}, run);
    model.compile({.optimizer = Adam{}, .loss = "mse"});
    Arrays columns;
    columns.add("x", numbers({20, 4}));
    Tensor words(DType::string, {20, 1});
    const char* vocabulary[] = {"one", "two", "three"};
    for (std::size_t i = 0; i < 20; ++i) words.values<std::string>()[i] = vocabulary[i * i % 3];
    columns.add("word", words);
    const History history = model.fit({columns, numbers({20, 2}), {}}, {.batch_size = 8, .epochs = 2, .verbose = 0, .validation_split = 0.25});
    Results all = variables_of(model);
    all["loss"] = Tensor::scalar(history["val_loss"].back());
    all["prediction"] = model.predict(columns).columns()[0].second;
    return all;
  });
}

TEST(FarModel, KeepsStatesUntilTheyAreReset) {
  expect_same([](const RunOptions& run) {
    const auto x = Input({3, 2}, {.name = "x", .batch_size = 4});
    Model model(x, x | LSTM{.units = 3, .stateful = true} | Dense{.units = 1, .name = "out"}, {}, run);
    Results all;
    for (int i = 0; i < 4; ++i) {
      if (i == 3) model.reset_states();
      all[std::to_string(i)] = model.predict(numbers({4, 3, 2}), {.batch_size = 4}).columns()[0].second;
    }
    EXPECT_FALSE(same_bytes(all.at("0"), all.at("1")));
    EXPECT_TRUE(same_bytes(all.at("0"), all.at("3")));
    return all;
  });
}

TEST(FarModel, ManyModelsAndThreadsShareTheBackend) {
  far_backend(1).set_memory({});
  const RunOptions far{.backend = "far", .threads = 1}, cpu{.backend = "cpu", .threads = 1};
  const Model a = network(far);
  const Tensor expected = network(cpu).predict(rows(30).x, {.batch_size = 4}).columns()[0].second;
  std::vector<Tensor> found(4);
  std::vector<std::thread> threads;
  for (Tensor& t : found) threads.emplace_back([&] { t = a.predict(rows(30).x, {.batch_size = 4}).columns()[0].second; });
  Model b = network(far), on_the_cpu = network(cpu);
  b.fit(rows(50), {.batch_size = 8, .verbose = 0});
  on_the_cpu.fit(rows(50), {.batch_size = 8, .verbose = 0});
  for (std::thread& t : threads) t.join();
  for (const Tensor& t : found) EXPECT_TRUE(same_bytes(t, expected));
  for (const auto& [name, t] : variables_of(on_the_cpu)) EXPECT_TRUE(same_bytes(variables_of(b).at(name), t)) << name;
}

// --- waiting ---------------------------------------------------------------------------------------------------------------

TEST(FarModel, AnEpochWaitsAtItsEndOnly) {
  FarBackend& far = far_backend(2);
  far.set_memory({});
  const auto waits = [&](std::vector<Callback> callbacks) {
    Model model = network({.backend = "far", .threads = 2});
    Fit fit(model, rows(70), {.batch_size = 16, .epochs = 3, .verbose = 0, .callbacks = std::move(callbacks)});
    fit.after_epoch = [&](Fit& f, const Logs&) {  // in the first two a step is timed
      if (f.position().epoch == 1) far.reset();
    };
    fit.run();
    EXPECT_GE(far.runs, 2) << "whole batches, and a shorter last one";
    EXPECT_EQ(far.synchronizations, 0);
    return far.waits;
  };
  EXPECT_EQ(waits({}), 1);
  EXPECT_EQ(waits({LambdaCallback{.on_train_batch_begin = [](std::int64_t, Training& t) { t.set_learning_rate(0.01); }}}), 1) << "a rate is set without a wait";
  EXPECT_EQ(waits({LambdaCallback{.on_train_batch_end = [](std::int64_t, const Logs&, Training&) {}}}), 5) << "who asks for the logs of each batch waits for each";
}

TEST(FarModel, AStreamedEpochWaitsAtItsEndOnly) {
  FarBackend& far = far_backend(2);
  far.set_memory({});
  Model model = network({.backend = "far", .threads = 2});
  const Dataset data = rows(4000);
  const std::size_t bytes = data.x.columns()[0].second.bytes();
  far.set_memory(far.allocated() + bytes);
  Fit fit(model, data, {.batch_size = 16, .epochs = 2, .verbose = 0});
  EXPECT_FALSE(fit.is_resident());
  fit.after_epoch = [&](Fit& f, const Logs&) {
    if (f.position().epoch == 0) far.reset();
  };
  fit.run();
  EXPECT_GE(far.runs, 8);
  EXPECT_LE(far.runs, 250);
  EXPECT_EQ(far.waits, 1);
  EXPECT_GE(far.bytes_in, bytes);
  EXPECT_LE(far.bytes_in, bytes + 4000 * 4 + 4096) << "every row once, and the running metrics' zeros";
  far.set_memory({});
}

// --- memory ----------------------------------------------------------------------------------------------------------------

TEST(FarModel, RowsThatFindNoRoomAreStreamedToTheSameBytes) {
  FarBackend& far = far_backend(2);
  const Dataset data = rows(3001);  // about 0.8 MiB
  const auto course = [&](bool resident) {
    Model model = network({.backend = "far", .threads = 2, .seed = 5});
    far.reset();
    Fit fit(model, data, {.batch_size = 32, .epochs = 2, .verbose = 0, .validation_data = rows(2001), .validation_batch_size = 50});
    EXPECT_EQ(fit.is_resident(), resident);
    const History history = fit.run();
    Results all = variables_of(model);
    for (const auto& [name, values] : history.history) all[name] = Tensor::scalar(values.back());
    return all;
  };
  far.set_memory({});
  const Results resident = course(true);
  EXPECT_GT(far.most_allocated() - far.allocated(), data.x.columns()[0].second.bytes());
  constexpr std::size_t memory = 700 << 10;
  far.set_memory(far.allocated() + memory);
  const Results streamed = course(false);
  EXPECT_LE(far.most_allocated(), far.allocated() + memory);
  far.set_memory({});
  ASSERT_EQ(streamed.size(), resident.size());
  for (const auto& [name, t] : resident) EXPECT_TRUE(same_bytes(streamed.at(name), t)) << name;
}

TEST(FarModel, GivesItsMemoryBack) {
  FarBackend& far = far_backend(2);
  far.set_memory({});
  const std::size_t before = far.allocated();
  {
    Model model = network({.backend = "far", .threads = 2});
    std::size_t after_two = 0;
    for (int i = 0; i < 6; ++i) {
      model.fit(rows(64), {.batch_size = 16, .verbose = 0});
      model.evaluate(rows(40), {.batch_size = 16});
      if (i == 1) after_two = far.allocated();
    }
    EXPECT_EQ(far.allocated(), after_two) << "more of the same takes no more";
  }
  EXPECT_EQ(far.allocated(), before);
}

TEST(FarModel, SaysWhatAStepNeedsAndWhichBatchFits) {
  FarBackend& far = far_backend(2);
  const auto model_of = [] {
    const auto x = Input({32, 32, 3}, {.name = "x"});
    Model model(x, x | Conv2D{.filters = 16, .kernel_size = 3, .activation = "relu", .name = "wide"} | Flatten{} | Dense{.units = 2, .name = "out"}, {},
                {.backend = "far", .threads = 2});
    model.compile({.optimizer = Adam{}, .loss = "mse"});
    return model;
  };
  const Dataset data{numbers({256, 32, 32, 3}), numbers({256, 2}), {}};
  far.set_memory({});
  Model model = model_of();
  far.set_memory(far.allocated() + (6 << 20));
  const Error e = error_of([&] { model.fit(data, {.batch_size = 256, .verbose = 0}); });
  EXPECT_EQ(e.kind(), ErrorKind::runtime);
  EXPECT_THAT(e.what(), HasSubstr("out of memory: a step of 256 rows needs "));
  EXPECT_THAT(e.what(), HasSubstr("'far' has "));
  EXPECT_THAT(e.what(), HasSubstr(" of weights and optimizer state"));
  EXPECT_THAT(e.what(), HasSubstr("is of 'wide'"));
  long long fits = 0;
  ASSERT_EQ(std::sscanf(e.hint().c_str(), "make the batch smaller: %lld rows fit", &fits), 1) << e.hint();
  EXPECT_GT(fits, 1);
  EXPECT_LT(fits, 256);
  EXPECT_THAT(error_of([&] { model.fit(data, {.batch_size = fits + fits / 2, .verbose = 0}); }).what(), HasSubstr("out of memory"));
  model.fit(data, {.batch_size = fits, .verbose = 0});

  EXPECT_THAT(error_of([&] { model.predict(data.x, {.batch_size = 256}); }).what(), HasSubstr("out of memory"));
  far.set_memory(far.allocated() + 4096);
  EXPECT_THAT(error_of([&] { model_of(); }).what(), HasSubstr("out of memory: the variables 'trainable', of "));
  far.set_memory({});
}

// --- kernels ---------------------------------------------------------------------------------------------------------------

// The least of a row: by reduce_min, for which the CPU has no kernel.
struct Least {
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};
  static Schema schema() { return describe<Least>("Least", "The least of a row.", layer_fields<Least>()); }
  Value call(Scope&, Value x) const { return reduce_min(x, Axes{-1}, true); }
};

TEST(FarModel, RefusesAnOpWithoutAKernelByName) {
  far_backend(2);
  const auto x = Input({5}, {.name = "x"});
  const auto model_on = [&](const std::string& backend) { return Model(x, x | Dense{.units = 4} | Least{.name = "least"}, {}, {.backend = backend, .threads = 2}); };
  const Tensor expected = model_on("cpu").predict(numbers({6, 5})).columns()[0].second;
  EXPECT_TRUE(same_bytes(model_on("far").predict(numbers({6, 5})).columns()[0].second, expected));
  const Error e = error_of([&] { model_on("far and bare").predict(numbers({6, 5})); });
  EXPECT_EQ(e.kind(), ErrorKind::runtime);
  EXPECT_THAT(e.what(), HasSubstr("has no kernel for 'reduce_min' on float32"));
  EXPECT_THAT(e.what(), HasSubstr("in 'least'"));
}

TEST(FarModel, ABackendIsUnknownUntilItIsRegistered) {
  const auto x = Input({5}, {.name = "x"});
  const Error e = error_of([&] { Model(x, x | Dense{.units = 4}, {}, {.backend = "near"}).predict(numbers({6, 5})); });
  EXPECT_THAT(e.what(), HasSubstr("there is no backend 'near'"));
}

}  // namespace
}  // namespace strata
