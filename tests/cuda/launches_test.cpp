// Several steps in one launch: the bytes of steps one by one, with rows that lie on the device and with rows that come through inlets;
// and one graph for each launch.
#include <cmath>

#include <gtest/gtest.h>

#include <strata/layers/core/dense.h>
#include <strata/model.h>
#include "files/models.h"
#include "src/compile/backends.h"
#include "src/model/fit.h"
#include "tests/cuda/plugin.h"

namespace strata {
namespace {

class StepsAtOnce : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const CudaName found = cuda_name(GetParam());
    if (found.name.empty()) GTEST_SKIP() << "no CUDA device: " << found.why_not;
    backend = found.name;
  }

  static Tensor numbers(std::vector<std::int64_t> shape) {
    Tensor t(DType::float32, std::move(shape));
    for (std::int64_t i = 0; i < t.elements(); ++i) t.set(i, std::sin(static_cast<double>(i + 1) * 12.9898));
    return t;
  }
  static Dataset rows() { return {numbers({61, 16}), numbers({61, 2}), {}}; }  // 15 batches of four, and one row
  Model network(std::int64_t steps_at_once) const {
    const auto x = Input({16}, {.name = "x"});
    Model model(x, x | Dense{.units = 8, .activation = "tanh"} | Dense{.units = 2, .name = "out"}, {}, {.backend = backend, .seed = 3});
    model.compile({.optimizer = "adam", .loss = "mse", .metrics = MetricList{"mae"}, .steps_per_execution = steps_at_once});
    return model;
  }
  static FitArguments three_epochs() { return {.batch_size = 4, .epochs = 3, .verbose = 0}; }
  using Results = std::map<std::string, Tensor>;
  static Results left_by(Model& model, Fit& fit) {
    const History history = fit.run();
    Results all = model.weights();
    all["history"] = Tensor::of<double>({3}, std::span<const double>(history["loss"]));
    return all;
  }
  static void expect_same(const Results& found, const Results& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [name, t] : expected) EXPECT_TRUE(same_bytes(found.at(name), t)) << name;
  }
  Results step_by_step() const {
    Model model = network(1);
    Fit fit(model, rows(), three_epochs());
    fit.after_step = [](Fit&, const Logs&) {};
    return left_by(model, fit);
  }

  std::string backend;
};

TEST_P(StepsAtOnce, give_the_bytes_of_steps_one_by_one) {
  const Results expected = step_by_step();
  for (const std::int64_t at_once : {1, 2, 4, 15}) {
    SCOPED_TRACE(at_once);
    Model model = network(at_once);
    Fit fit(model, rows(), three_epochs());
    EXPECT_TRUE(fit.is_resident());
    expect_same(left_by(model, fit), expected);
    const Logs by_batch = model.evaluate(rows(), {.batch_size = 4}), in_one = model.evaluate(rows(), {.batch_size = 61});
    EXPECT_NEAR(*find_log(by_batch, "loss"), *find_log(in_one, "loss"), 1e-6) << "fifteen batches and a shorter one, or all rows as one";
  }
}
INSTANTIATE_TEST_SUITE_P(Cuda, StepsAtOnce, testing::Values("emulated", "device"), [](const auto& info) { return std::string(info.param); });

class EmulatedStepsAtOnce : public StepsAtOnce {
 protected:
  void TearDown() override {
    if (!backend.empty()) set_emulated_memory(0);
  }
};

TEST_P(EmulatedStepsAtOnce, give_the_same_bytes_with_rows_that_are_streamed) {
  const Results expected = step_by_step();
  const std::size_t everything = std::size_t{16} << 30;  // that the host stands for
  for (const std::int64_t at_once : {1, 4}) {
    SCOPED_TRACE(at_once);
    bool is_resident = true;
    for (std::size_t memory = std::size_t{64} << 20; is_resident && memory > 1024; memory -= memory / 8) {  // less and less, until the rows do not stay
      set_emulated_memory(0);
      Model model = network(at_once);
      const std::size_t taken = everything - *open_backend(backend)->free_bytes();
      set_emulated_memory(taken + memory);
      Fit fit(model, rows(), three_epochs());
      is_resident = fit.is_resident();
      if (!is_resident) expect_same(left_by(model, fit), expected);
    }
    EXPECT_FALSE(is_resident);
  }
}

TEST_P(EmulatedStepsAtOnce, are_one_graph_each) {
  Model model = network(4);
  Fit fit(model, rows(), three_epochs());
  std::int64_t before = 0;
  fit.after_epoch = [&](Fit& f, const Logs&) {
    if (f.position().epoch == 1) before = emulated_counts().graph_launches;
  };
  fit.run();
  EXPECT_EQ(emulated_counts().graph_launches - before, 3 + 3 + 1) << "of four steps, of those that are left, and of a shorter last batch";
}
INSTANTIATE_TEST_SUITE_P(Cuda, EmulatedStepsAtOnce, testing::Values("emulated"), [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace strata
