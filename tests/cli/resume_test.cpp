// Runs that are stopped and killed, and go on as if nothing had happened.
#include "cli/program.h"

#include <cstdlib>
#include <functional>
#include <random>

namespace strata {
namespace {

const std::vector<std::string> files = {"history.csv", "metrics.jsonl", "model.keras", "best.keras"};

std::vector<std::string> train(const std::string& directory) {
  return {"train", "mlp.yaml", "--run-dir", directory, "--epochs", "40", "--batch-size", "4"};
}

void expect_same_run(const Workplace& w, const std::string& a, const std::string& b) {
  for (const std::string& file : files) EXPECT_TRUE(w.read(a + "/" + file) == w.read(b + "/" + file)) << file;
}

// Runs of `train` that are stopped at random times, each after `ready` is there and within `longest` milliseconds, and
// resumed; until there were `wanted` stops. Each ends in the bytes of the run `whole`.
void stop_and_resume(const Workplace& w, const std::function<std::vector<std::string>(const std::string&)>& train, const std::string& ready,
                     std::int64_t longest, int wanted, const std::vector<int>& signals) {
  std::mt19937 random(5);
  int stopped = 0;
  for (int run = 0; stopped < wanted && !testing::Test::HasFailure(); ++run) {
    ASSERT_LT(run, 20 + wanted) << stopped << " stops so far";
    const std::string directory = "stopped" + std::to_string(run);
    pid_t child = w.start(train(directory));
    for (std::size_t i = 0; i < 10; ++i) {
      while (!w.has(directory + "/" + ready)) sleep_ms(1);
      sleep_ms(static_cast<int>(random() % static_cast<unsigned>(longest + 1)));
      const int signal = signals[i % signals.size()];
      ::kill(child, signal);
      const int code = w.wait(child).code;
      stopped += code == -signal || code == 128 + signal;
      child = w.start({"train", "--resume", directory});
    }
    const Finished last = w.wait(child);
    EXPECT_EQ(last.code, 0) << last.err;
    expect_same_run(w, "whole", directory);
  }
}

// How long `arguments` take, in milliseconds.
std::int64_t duration(const Workplace& w, const std::vector<std::string>& arguments) {
  const auto began = std::chrono::steady_clock::now();
  const Finished f = w.run(arguments);
  EXPECT_EQ(f.code, 0) << f.err;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

// STRATA_KILLS: how many kills at least (default 3).
TEST(Resume, KillsLeaveTheSameBytes) {
  const Workplace w;
  const char* asked = std::getenv("STRATA_KILLS");
  const std::int64_t whole = duration(w, train("whole"));
  stop_and_resume(w, train, "spec.yaml", whole, asked ? std::atoi(asked) : 3, {SIGKILL});
}

// Two stages, the second with an optimizer of its own and weights that freeze.
std::string two_stages(const Workplace& w) {
  std::string spec = w.read("mlp.yaml");
  spec.replace(spec.find("fit: "), std::string::npos,
               "fit:\n"
               "  - {epochs: 3, batch_size: 4, validation_split: 0.2}\n"
               "  - {epochs: 40, batch_size: 4, validation_split: 0.2, trainable: {dense: false},\n"
               "     compile: {optimizer: {SGD: {learning_rate: 0.01, momentum: 0.9}}, loss: sparse_categorical_crossentropy, metrics: [accuracy]}}\n"
               "callbacks: [EarlyStopping: {monitor: loss, mode: max, patience: 35, restore_best_weights: true}]\n");
  return w.text("stages.yaml", spec);
}

TEST(Resume, InTheSecondStageLeavesTheSameBytes) {
  const Workplace w;
  const std::string spec = two_stages(w);
  const auto train = [&](const std::string& directory) { return std::vector<std::string>{"train", spec, "--run-dir", directory}; };
  const std::int64_t whole = duration(w, train("whole"));
  stop_and_resume(w, train, "checkpoints/stage-2", whole, 2, {SIGKILL, SIGTERM});
}

TEST(Resume, TakesTheKernelsThatTheRunChose) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "r"}).code, 0);
  const auto choices = nlohmann::ordered_json::parse(w.read("r/choices.json"));
  EXPECT_EQ(choices["backend"], "cpu");
  EXPECT_GT(choices["kernels"].size(), 5u);
  const Finished same = w.run({"train", "--resume", "r", "--set", "fit.epochs=4"});
  EXPECT_EQ(same.code, 0);
  EXPECT_THAT(same.err, testing::Not(testing::HasSubstr("warning")));
  const Finished other = w.run({"train", "--resume", "r", "--set", "fit.epochs=5", "--set", "run.backend=reference"});
  EXPECT_EQ(other.code, 0);
  EXPECT_THAT(other.err, testing::HasSubstr("are those of the backend 'cpu', this run is on 'reference': they are not used"));
}

TEST(Resume, ASignalFinishesTheStepAndSaves) {
  for (const auto& [signal, code] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    const Workplace w;
    auto arguments = train("r");
    arguments[5] = "100000";  // epochs: it would run on
    const pid_t child = w.start(arguments);
    while (!w.has("r/history.csv")) sleep_ms(5);
    ::kill(child, signal);
    const Finished f = w.wait(child);
    EXPECT_EQ(f.code, code);
    EXPECT_THAT(f.err, testing::HasSubstr("go on with: strata train --resume"));
    EXPECT_TRUE(w.has("r/checkpoints"));
  }
}

TEST(Resume, OnlySomeThingsMayChange) {
  const Workplace w;
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "r"}).code, 0);
  const Finished f = w.run({"train", "--resume", "r", "--set", "fit.batch_size=8", "--set", "fit.epochs=4", "--set", "run.tensor_float32=true"});
  EXPECT_EQ(f.code, 2);
  EXPECT_THAT(f.err, testing::HasSubstr("a resumed run cannot change fit.batch_size, run.tensor_float32"));
  ASSERT_EQ(w.run({"train", "--resume", "r", "--set", "fit.epochs=5"}).code, 0);
  ASSERT_EQ(w.run({"train", "mlp.yaml", "--run-dir", "five", "--epochs", "5"}).code, 0);
  expect_same_run(w, "five", "r");
}

TEST(Resume, TwoProcessesDoNotTrainInOneDirectory) {
  const Workplace w;
  auto arguments = train("r");
  arguments[5] = "100000";
  const pid_t child = w.start(arguments);
  while (!w.has("r/history.csv")) sleep_ms(5);
  const Finished second = w.run({"train", "--resume", "r"});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, testing::HasSubstr("another process trains here (process " + std::to_string(child) + ")"));
  ::kill(child, SIGKILL);
  w.wait(child);
}

}  // namespace strata
