// Several steps in one launch, and rows that are copied while others are worked on: the bytes of the CPU's steps one by one, however
// many are taken at once and however the copies overtake the calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <strata/callbacks/backup_and_restore.h>
#include <strata/callbacks/lambda_callback.h>
#include <strata/callbacks/model_checkpoint.h>
#include <strata/callbacks/tensor_board.h>
#include <strata/callbacks/terminate_on_nan.h>
#include <strata/error.h>
#include <strata/layers/core/dense.h>
#include <strata/layers/regularization/dropout.h>
#include <strata/optimizers/adam.h>
#include "far/far_backend.h"
#include "files/models.h"
#include "src/files/checkpoint.h"
#include "src/model/fit.h"

namespace strata {
namespace {

using testing::HasSubstr;
using Copies = FarBackend::Copies;

constexpr int threads = 2;

Tensor numbers(std::vector<std::int64_t> shape) {
  Tensor t(DType::float32, std::move(shape));
  for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, std::sin(static_cast<double>(i + 1) * 12.9898));
  return t;
}
constexpr std::int64_t features = 256;
Dataset rows(std::int64_t n) { return {numbers({n, features}), numbers({n, 2}), {}}; }

Model network(const std::string& backend, std::int64_t steps_at_once) {
  const auto x = Input({features}, {.name = "x"});
  Model model(x, x | Dense{.units = 5, .activation = "tanh"} | Dropout{.rate = 0.25} | Dense{.units = 2, .name = "out"}, {},
              {.backend = backend, .threads = threads, .seed = 3});
  model.compile({.optimizer = Adam{.learning_rate = 0.01}, .loss = "mse", .metrics = MetricList{"mae"}, .steps_per_execution = steps_at_once});
  return model;
}

using Results = std::map<std::string, Tensor>;
Results left_by(const Model& model, const History& history) {
  Results all = model.weights();
  for (const auto& [name, values] : history.history)
    all["history " + name] = Tensor::of<double>({static_cast<std::int64_t>(values.size())}, std::span<const double>(values));
  return all;
}
void expect_same(const Results& found, const Results& expected, const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (const auto& [name, t] : expected) EXPECT_TRUE(same_bytes(found.at(name), t)) << name << ", " << what;
}

// 601 rows are more than this, three batches of four a 32nd of it.
constexpr std::size_t too_little = 480 << 10;

class FarLaunches : public testing::Test {
 protected:
  FarLaunches() { usual(); }
  ~FarLaunches() override { usual(); }
  void usual() {
    far.set_memory({});
    far.set_copies(Copies::late);
  }
  FarBackend& far = far_backend(threads);
};

// A shorter last batch, part of an epoch, validation with all of its rows and with some.
const std::map<std::string, FitArguments>& ways() {
  static const std::map<std::string, FitArguments> all{
      {"whole epochs", {.batch_size = 4, .epochs = 2, .verbose = 0}},
      {"parts of epochs", {.batch_size = 4, .epochs = 3, .verbose = 0, .steps_per_epoch = 47}},
      {"validated", {.batch_size = 4, .epochs = 2, .verbose = 0, .validation_data = rows(45), .shuffle = false, .validation_batch_size = 2}},
      {"validated in part", {.batch_size = 4, .epochs = 2, .verbose = 0, .validation_data = rows(45), .validation_steps = 7, .validation_batch_size = 2}},
      {"one batch", {.batch_size = 1000, .epochs = 2, .verbose = 0}}};
  return all;
}

TEST_F(FarLaunches, GiveTheBytesOfStepsOneByOne) {
  for (const auto& [way, arguments] : ways()) {
    const auto course = [&, &how = arguments](const std::string& backend, std::int64_t at_once, bool streams) {
      Model model = network(backend, at_once);
      if (streams) far.set_memory(far.allocated() + too_little);
      Fit fit(model, rows(601), how);
      EXPECT_NE(fit.is_resident(), streams);
      Results left = left_by(model, fit.run());
      for (const auto& [name, value] : model.evaluate(rows(45), {.batch_size = 4})) left["evaluated " + name] = Tensor::scalar(value);
      far.set_memory({});
      return left;
    };
    const Results expected = course("cpu", 1, false);
    for (const std::int64_t at_once : {1, 2, 3, 12, 500})
      for (const Copies copies : {Copies::late, Copies::early}) {
        far.set_copies(copies);
        const std::string what = way + ", by " + std::to_string(at_once) + (copies == Copies::late ? ", copied late" : ", copied early");
        expect_same(course("far", at_once, false), expected, what);
        if (arguments.batch_size < 601) expect_same(course("far", at_once, true), expected, what + ", streamed");
      }
  }
}

TEST_F(FarLaunches, TakeAsManyStepsAsAreAsked) {
  const auto launches = [&](std::int64_t at_once, std::vector<Callback> callbacks, bool streams = false) {
    Model model = network("far", at_once);
    if (streams) far.set_memory(far.allocated() + too_little);
    Fit fit(model, rows(601), {.batch_size = 4, .epochs = 2, .verbose = 0, .callbacks = std::move(callbacks)});
    int launches = 0;
    fit.pause = [&](Fit& f) {
      launches += f.position().epoch == 1;  // asked at its end too
      return false;
    };
    far.reset();
    fit.after_epoch = [&](Fit& f, const Logs&) {
      if (f.position().epoch == 0) far.reset();
    };
    fit.run();
    EXPECT_EQ(far.runs, launches - 1);
    EXPECT_EQ(far.copies_in, launches - 1 + 4 + 2) << "one for each launch; the running metrics' zeros, and those of the watched loss";
    EXPECT_EQ(far.waits, 1);
    EXPECT_EQ(far.synchronizations, 0);
    far.set_memory({});
    return launches - 1;
  };
  EXPECT_EQ(launches(2, {}), 75 + 1);
  EXPECT_EQ(launches(12, {}), 12 + 6 + 1) << "those that are left are taken one by one, and a shorter last batch alone";
  EXPECT_EQ(launches(500, {}), 4 + 22 + 1) << "32 at most";
  EXPECT_EQ(launches(12, {}, true), 50 + 1) << "what is streamed for one launch is bounded by the memory that is free";
}

TEST_F(FarLaunches, FindTheirNumberByTheTimeOfAStep) {
  Model model = network("far", 1);
  Fit fit(model, rows(601), {.batch_size = 4, .epochs = 2, .verbose = 0});
  int launches = 0;
  fit.pause = [&](Fit& f) {
    launches += f.position().epoch == 1;
    return false;
  };
  far.reset();
  fit.run();
  EXPECT_EQ(far.synchronizations, 2) << "before and after the step that is timed";
  EXPECT_LT(launches, 150);
}

// Told of every batch, by who does nothing there that a step could see; asked between any two by who does.
TEST_F(FarLaunches, AreOfOneStepForWhoActsBetweenSteps) {
  const TemporaryFolder folder;
  const auto most_at_once = [&](Callback callback) {
    Model model = network("far", 4);
    Fit fit(model, rows(41), {.batch_size = 4, .epochs = 2, .verbose = 0, .callbacks = {std::move(callback)}});
    std::int64_t most = 0, last = 0;
    fit.pause = [&](Fit& f) {
      most = std::max(most, f.step() - last);
      last = f.step();
      return false;
    };
    fit.run();
    return most;
  };
  const std::string backups = (folder / "backups").string(), saved = (folder / "saved.keras").string(), logs = (folder / "logs").string();
  EXPECT_EQ(most_at_once(LambdaCallback{}), 4);
  EXPECT_EQ(most_at_once(LambdaCallback{.on_train_batch_begin = [](std::int64_t, Training&) {}}), 1);
  EXPECT_EQ(most_at_once(LambdaCallback{.on_train_batch_end = [](std::int64_t, const Logs&, Training&) {}}), 1);
  EXPECT_EQ(most_at_once(TerminateOnNaN{}), 1);
  EXPECT_EQ(most_at_once(BackupAndRestore{.backup_dir = backups}), 4);
  EXPECT_EQ(most_at_once(BackupAndRestore{.backup_dir = backups, .save_freq = std::int64_t{3}}), 1);
  EXPECT_EQ(most_at_once(ModelCheckpoint{.filepath = saved}), 4);
  EXPECT_EQ(most_at_once(ModelCheckpoint{.filepath = saved, .save_freq = std::int64_t{3}}), 1);
  EXPECT_EQ(most_at_once(TensorBoard{.log_dir = logs}), 4);
  EXPECT_EQ(most_at_once(TensorBoard{.log_dir = logs, .update_freq = "batch"}), 1);
}

// Counts batches, which concerns nobody else.
struct Counting {
  std::shared_ptr<std::string> seen;
  static constexpr bool acts_between_steps = false;
  static Schema schema() { return {.name = "Counting", .doc = "Counts batches.", .aliases = {}, .fields = {}}; }
  void on_train_batch_begin(std::int64_t batch, Training&) { *seen += std::to_string(batch); }
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Training&) { *seen += logs.empty() ? "-" : "!", *seen += std::to_string(batch) + " "; }
};

TEST_F(FarLaunches, TellOfEveryBatch) {
  for (const std::int64_t at_once : {1, 3}) {
    const auto seen = std::make_shared<std::string>();
    Model model = network("far", at_once);
    model.fit(rows(21), {.batch_size = 4, .epochs = 2, .verbose = 0, .callbacks = {Counting{seen}}});
    EXPECT_EQ(*seen, "0-0 1-1 2-2 3-3 4-4 5-5 0-0 1-1 2-2 3-3 4-4 5-5 ");
  }
}

TEST_F(FarLaunches, AreBrokenOffBetweenThemAndGoneOnWith) {
  const FitArguments how{.batch_size = 4, .epochs = 2, .verbose = 0};
  Model on_the_cpu = network("cpu", 1);
  Fit whole(on_the_cpu, rows(121), how);
  const Results expected = left_by(on_the_cpu, whole.run());
  for (const bool streams : {false, true})
    for (const auto& [at_once, then] : {std::pair(4, 4), {4, 3}, {5, 1}, {1, 7}}) {
      const TemporaryFolder folder;
      {
        Model model = network("far", at_once);
        if (streams) far.set_memory(far.allocated() + (110 << 10));
        Fit fit(model, rows(121), how);
        EXPECT_NE(fit.is_resident(), streams);
        fit.pause = [](Fit& f) { return f.step() >= 42; };  // in the second epoch
        fit.run();
        EXPECT_FALSE(fit.done());
        write_checkpoint(folder.path(), fit);
      }
      far.set_memory({});
      for (const char* backend : {"far", "cpu"}) {
        Model model = network(backend, then);
        Fit fit(model, rows(121), how);
        restore_checkpoint(folder.path(), fit, [](const std::string& line) { ADD_FAILURE() << line; });
        expect_same(left_by(model, fit.run()), expected, std::to_string(at_once) + " and " + std::to_string(then) + " on " + backend);
      }
    }
}

// --- a loss that is not finite ---------------------------------------------------------------------------------------------

// In order; a bad value stands in row `bad`.
std::string diverged(const std::string& backend, std::int64_t at_once, std::int64_t bad, float value, const std::function<void(Fit&)>& watch = {}) {
  Model model = network(backend, at_once);
  Dataset data = rows(121);
  Tensor y = numbers({121, 2});
  y.set(2 * bad, value);
  data.y = y;
  Fit fit(model, data, {.batch_size = 4, .epochs = 2, .verbose = 0, .shuffle = false, .terminate_on_nan = true});
  if (watch) watch(fit);
  try {
    fit.run();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::diverged);
    return e.what();
  }
  return "";
}

TEST_F(FarLaunches, NameTheFirstStepWhoseLossIsNotFinite) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const std::int64_t bad : {0, 3, 30, 83, 119, 120}) {
      const std::string expected = diverged("cpu", 1, bad, value);
      EXPECT_THAT(expected, HasSubstr("at step " + std::to_string(bad / 4 + 1) + " (epoch 1, batch " + std::to_string(bad / 4 + 1) + ")"));
      for (const std::int64_t at_once : {1, 4, 32}) EXPECT_EQ(diverged("far", at_once, bad, value), expected) << "by " << at_once;
    }
}

TEST_F(FarLaunches, WatchTheLossInAKernelThatIsThereAnyway) {
  const auto calls = [](const std::string& backend) {
    Model model = network(backend, 1);
    ModelState& state = model.state();
    CompiledStep& step = state.train_step(batch_types(state, rows(8), true));
    const std::map<std::string, std::vector<std::int64_t>> shapes{{"x:x", {8, features}}, {"y:out", {8, 2}}, {"order", {4}}};
    return step.plan(step.bind(shapes))->calls.size();
  };
  EXPECT_EQ(calls("far"), calls("cpu"));
}

TEST_F(FarLaunches, LookAtTheLossWithoutWaitingForEachStep) {
  const auto waits = [&](bool terminate_on_nan) {
    Model model = network("far", 4);
    Fit fit(model, rows(601), {.batch_size = 4, .epochs = 2, .verbose = 0, .terminate_on_nan = terminate_on_nan});
    double seconds = 0;
    fit.after_epoch = [&](Fit& f, const Logs&) {
      seconds = f.position().seconds - seconds;
      if (f.position().epoch == 0) far.reset();
    };
    fit.run();
    return std::pair(far.waits, seconds);
  };
  EXPECT_EQ(waits(false).first, 1);
  const auto [found, seconds] = waits(true);
  EXPECT_GE(found, 1);
  EXPECT_LE(found, 1 + seconds / 0.25) << "in " << seconds << " seconds";
}

TEST_F(FarLaunches, KeepNoStateOfADivergedTraining) {
  const TemporaryFolder folder;
  const std::string error = diverged("far", 4, 30, std::numeric_limits<float>::quiet_NaN(), [&](Fit& fit) {
    fit.pause = [&](Fit& f) {
      if (f.step() >= 12) write_checkpoint(folder.path(), f);
      return false;
    };
  });
  EXPECT_THAT(error, HasSubstr("at step 8 (epoch 1, batch 8)"));
  EXPECT_EQ(folder.entries(), 0u);
}

// A resumed training counts from where it goes on.
TEST_F(FarLaunches, NameTheStepAfterAResume) {
  const TemporaryFolder folder;
  const std::string expected = diverged("cpu", 1, 90, std::numeric_limits<float>::quiet_NaN());
  diverged("far", 4, 90, std::numeric_limits<float>::quiet_NaN(), [&](Fit& fit) {
    fit.pause = [&](Fit& f) {
      if (f.step() == 8) write_checkpoint(folder.path(), f);
      return f.step() == 8;
    };
  });
  const std::string found = diverged("far", 4, 90, std::numeric_limits<float>::quiet_NaN(), [&](Fit& fit) {
    restore_checkpoint(folder.path(), fit, [](const std::string& line) { ADD_FAILURE() << line; });
    EXPECT_EQ(fit.position().batch, 8);
  });
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace strata
