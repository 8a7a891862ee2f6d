// What fit does for callbacks, and metrics that are vectors.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include <unistd.h>

#include <strata/callbacks/lambda_callback.h>
#include <strata/callbacks/learning_rate_scheduler.h>
#include <strata/callbacks/model_checkpoint.h>
#include <strata/callbacks/reduce_lr_on_plateau.h>
#include <strata/layers/core/dense.h>
#include <strata/metrics/auc.h>
#include <strata/metrics/f1_score.h>
#include <strata/metrics/mean_iou.h>
#include <strata/metrics/precision.h>
#include <strata/metrics/recall.h>
#include <strata/metrics/top_k_categorical_accuracy.h>
#include <strata/model.h>
#include <strata/optimizers/nadam.h>
#include <strata/optimizers/sgd.h>
#include <strata/schedules/exponential_decay.h>

namespace strata {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Tensor numbers(std::vector<std::int64_t> shape) {
  Tensor t(DType::float32, std::move(shape));
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, std::sin(static_cast<double>(i + 1) * 12.9898));
  return t;
}
Tensor one_hot_labels(std::int64_t rows, std::int64_t classes) {
  Tensor t(DType::float32, {rows, classes});
  for (std::int64_t i = 0; i < rows; ++i) t.set(i * classes + (i * i) % classes, 1);
  return t;
}
Model classifier(const std::string& backend, Optimizer optimizer, MetricList metrics) {
  const auto x = Input({3}, {.name = "x"});
  Model model(x, x | Dense{.units = 3, .activation = "softmax", .name = "out"}, {}, {.backend = backend, .seed = 1});
  model.compile({.optimizer = optimizer, .loss = "categorical_crossentropy", .metrics = metrics});
  return model;
}
const Optimizer steady = SGD{.learning_rate = 0.5};

TEST(VectorMetrics, AreReportedElementByElement) {
  Model model =
      classifier("cpu", steady, {metrics::Precision{.thresholds = std::vector<double>{0.2, 0.4}}, metrics::F1Score{}});
  const History h = model.fit(numbers({12, 3}), one_hot_labels(12, 3), {.batch_size = 5, .epochs = 2, .verbose = 0});
  std::vector<std::string> names;
  for (const auto& [name, values] : h.history) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("loss", "precision[0]", "precision[1]", "f1_score[0]", "f1_score[1]", "f1_score[2]"));
}

TEST(Metrics, TwoOfOneNameDoNotShareWhatTheyCount) {
  Model model = classifier("cpu", steady, {metrics::AUC{}, metrics::AUC{.curve = "PR"}, "mae", "mae"});
  const Logs logs = model.evaluate(numbers({12, 3}), one_hot_labels(12, 3));
  const Logs once =
      classifier("cpu", steady, {metrics::AUC{.curve = "PR"}}).evaluate(numbers({12, 3}), one_hot_labels(12, 3));
  EXPECT_EQ(*find_log(logs, "auc_1"), once[1].second);
  EXPECT_NE(*find_log(logs, "auc_1"), *find_log(logs, "auc"));
  EXPECT_EQ(*find_log(logs, "mae_1"), *find_log(logs, "mae"));
}

// The compiled plan in float32 against the reference, over batches of two sizes.
TEST(CountingMetrics, AreOnTheCpuWhatTheyAreOnTheReference) {
  const MetricList all = {metrics::AUC{},
                          metrics::AUC{.curve = "PR", .name = "pr", .multi_label = true},
                          metrics::Precision{.top_k = 2},
                          metrics::Recall{.class_id = 1},
                          metrics::F1Score{.average = "macro"},
                          metrics::TopKCategoricalAccuracy{.k = 2},
                          metrics::MeanIoU{.num_classes = 3, .sparse_y_true = false, .sparse_y_pred = false},
                          "cosine_similarity",
                          "r2_score",
                          "squared_hinge"};
  const Tensor x = numbers({50, 3}), y = one_hot_labels(50, 3);
  Model cpu = classifier("cpu", steady, all), reference = classifier("reference", steady, all);
  const Logs a = cpu.evaluate(x, y, {.batch_size = 16}), b = reference.evaluate(x, y, {.batch_size = 50});
  ASSERT_EQ(a.size(), 11u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_NEAR(a[i].second, b[i].second, 2e-5) << a[i].first;
    EXPECT_TRUE(std::isfinite(a[i].second)) << a[i].first;
  }
}

TEST(Nadam, ItsSharedScalarMovesOnceAStepWhetherWeightsMoveTogetherOrApart) {
  const Tensor x = numbers({12, 3}), y = one_hot_labels(12, 3);
  Model together = classifier("reference", Nadam{.learning_rate = 0.1}, {});
  Model apart = classifier("reference", Nadam{.learning_rate = 0.1, .clipnorm = 1e6},
                           {});  // a norm of each weight: weights apart
  const FitArguments arguments = {.batch_size = 4, .epochs = 3, .verbose = 0, .shuffle = false};
  EXPECT_EQ(together.fit(x, y, arguments)["loss"], apart.fit(x, y, arguments)["loss"]);
}

TEST(Callbacks, FitCallsThemInOrder) {
  std::string calls;
  const LambdaCallback callback{
      .on_epoch_begin = [&](int epoch, Training&) { calls += "epoch " + std::to_string(epoch) + ", "; },
      .on_epoch_end = [&](int, Logs& logs, Training&) { calls += logs[0].first + ", "; },
      .on_train_begin = [&](Training&) { calls += "begin, "; },
      .on_train_end = [&](const Logs&, Training&) { calls += "end"; },
      .on_train_batch_begin = [&](std::int64_t batch, Training&) { calls += std::to_string(batch) + " "; },
      .on_train_batch_end = [&](std::int64_t, const Logs& logs,
                                Training& t) { calls += logs[0].first + " " + std::to_string(t.step()) + ", "; }};
  classifier("reference", steady, {})
      .fit(numbers({6, 3}), one_hot_labels(6, 3),
           {.batch_size = 4, .epochs = 2, .verbose = 0, .callbacks = {callback}});
  EXPECT_EQ(calls, "begin, epoch 0, 0 loss 1, 1 loss 2, loss, epoch 1, 0 loss 3, 1 loss 4, loss, end");
}

TEST(Callbacks, OneThatSavesEveryFewBatchesDoesSoThoughItReadsNoLogs) {
  const auto folder = std::filesystem::temp_directory_path() / ("strata_callback_test_" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  classifier("reference", steady, {})
      .fit(numbers({12, 3}), one_hot_labels(12, 3),
           {.batch_size = 3,
            .verbose = 0,
            .callbacks = {ModelCheckpoint{.filepath = (folder / "{batch}.keras").string(), .save_freq = 2}}});
  EXPECT_TRUE(std::filesystem::exists(folder / "2.keras"));
  EXPECT_TRUE(std::filesystem::exists(folder / "4.keras"));
  std::filesystem::remove_all(folder);
}

TEST(LearningRate, ACallbackSetsTheOneThatTheUpdatesTake) {
  const Tensor x = numbers({4, 3}), y = one_hot_labels(4, 3);
  Model scheduled = classifier("reference", steady, {}), still = classifier("reference", steady, {});
  const LearningRateScheduler halt{.schedule = [](int epoch) { return epoch == 0 ? 0.5 : 0.0; }};
  const History h =
      scheduled.fit(x, y, {.epochs = 3, .verbose = 0, .callbacks = {halt, ReduceLROnPlateau{.monitor = "loss"}}});
  still.fit(x, y, {.epochs = 1, .verbose = 0});
  EXPECT_THAT(h["learning_rate"], ElementsAre(0.5, 0, 0));
  EXPECT_TRUE(same_bytes(scheduled.weights().at("out/kernel"), still.weights().at("out/kernel")));
}

TEST(LearningRate, OfAScheduleIsKnownOnTheHostAndCannotBeSet) {
  const Optimizer decaying = SGD{
      .learning_rate = schedules::ExponentialDecay{.initial_learning_rate = 0.5, .decay_steps = 1, .decay_rate = 0.5}};
  const Tensor x = numbers({6, 3}), y = one_hot_labels(6, 3);
  std::vector<double> rates;
  const LambdaCallback watch{
      .on_train_batch_begin = [&](std::int64_t, Training& t) { rates.push_back(t.learning_rate()); }};
  Model model = classifier("reference", decaying, {});
  model.fit(x, y, {.batch_size = 2, .verbose = 0, .callbacks = {watch}});
  EXPECT_THAT(rates, ElementsAre(0.5, 0.25, 0.125));
  try {
    model.fit(x, y, {.verbose = 0, .callbacks = {ReduceLROnPlateau{.monitor = "loss"}}});
    FAIL();
  } catch (const Error& e) { EXPECT_THAT(e.what(), HasSubstr("follows a schedule and cannot be set")); }
}

}  // namespace
}  // namespace strata
