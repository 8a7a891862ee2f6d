// Every probe that is a spec (tests/golden/probes/*.yaml), trained step by step beside real Keras' numbers: losses and metrics
// of every step, weights and slots at the end. float64 on the reference backend at rel 1e-9, on every other backend at the bound of its
// own arithmetic, and byte for byte at 1, 2 and 4 threads.
#include <gtest/gtest.h>

#include "probes/spec_probe.h"

namespace strata {
namespace {

// The bytes of all weights: what must not depend on the number of threads.
std::string bytes_of(const Model& model) {
  std::string bytes;
  for (const auto& [path, t] : model.weights()) bytes.append(static_cast<const char*>(t.data()), t.bytes());
  return bytes;
}

using Course = void (*)(Probe&);

void steps_in_turn(Probe& p) {
  p.model->compile(compile_arguments(*p.spec.compile));
  for (int k = 0; p.golden.has("step" + std::to_string(k) + "/loss"); ++k) {
    const std::string step = "step" + std::to_string(k);
    p.expect_logs(p.train(step), step);
    if (!p.golden.under(step + "/weights").empty()) p.expect_weights(step + "/weights");
    p.expect_loss_scale(step);
  }
  p.expect_weights("final");
  expect_slots(*p.model, p.golden, "final_slots", p.how_.bound);
  p.expect_prediction();
}

void frozen_then_unfrozen(Probe& p) {
  int k = 0;
  for (const FitSpec& stage : p.spec.fit) {
    set_trainable(*p.model, stage.trainable);
    p.model->compile(compile_arguments(*stage.compile));
    for (int i = 0; i < 3; ++i, ++k) p.expect_logs(p.train("step" + std::to_string(k)), "step" + std::to_string(k));
    p.expect_weights(k == 3 ? "middle" : "final");
    expect_slots(*p.model, p.golden, k == 3 ? "middle_slots" : "final_slots", p.how_.bound);
  }
  p.expect_prediction();
}

void stateful(Probe& p) {
  steps_in_turn(p);
}

void short_last_batch(Probe& p) {
  p.model->compile(compile_arguments(*p.spec.compile));
  FitArguments arguments = fit_arguments(p.spec.fit[0], {});
  arguments.verbose = 0;
  arguments.validation_data = Dataset{p.golden.columns("validation/x"), p.golden.columns("validation/y"), {}};
  const History history = p.model->fit({p.golden.columns("x"), p.golden.columns("y"), {}}, arguments);
  for (const auto& [name, expected] : p.golden.under("history")) {
    const auto& found = history[name];
    expect_near(Tensor::of<double>({static_cast<std::int64_t>(found.size())}, std::span<const double>(found)), expected, p.how_.bound, name);
  }
  p.expect_weights("final");
  expect_slots(*p.model, p.golden, "final_slots", p.how_.bound);
  const Logs logs = p.model->evaluate({p.golden.columns("validation/x"), p.golden.columns("validation/y"), {}}, {.batch_size = 2});
  for (const auto& [name, expected] : p.golden.under("evaluate")) expect_near(*find_log(logs, name), expected.at(0), p.how_.bound, "evaluate/" + name);
}

Course course_of(const std::string& probe) {
  if (probe == "frozen_then_unfrozen") return frozen_then_unfrozen;
  if (probe == "stateful_lstm") return stateful;
  if (probe == "short_last_batch") return short_last_batch;
  return steps_in_turn;
}

class Probes : public testing::TestWithParam<std::string> {};

TEST_P(Probes, EqualsKerasOnTheReference) {
  Probe p(GetParam(), {.bound = bound_of(GetParam(), {1e-9, 1e-12})});
  course_of(GetParam())(p);
}

TEST_P(Probes, EqualsKerasOnTheCpu) {
  Probe p(GetParam(), {.backend = "cpu", .bound = bound_of(GetParam(), {1e-9, 1e-12})});
  course_of(GetParam())(p);
}

TEST_P(Probes, FollowsKerasInFloat32OnTheCpu) {
  Probe p(GetParam(), {.backend = "cpu", .dtype = is_mixed(GetParam()) ? "" : "float32", .bound = bound_of(GetParam(), {2e-3, 2e-4})});
  course_of(GetParam())(p);
}

TEST_P(Probes, GivesTheSameBytesAtAnyNumberOfThreads) {
  std::string one;
  for (const int threads : {1, 2, 4}) {
    Probe p(GetParam(), {.backend = "cpu", .threads = threads, .dtype = is_mixed(GetParam()) ? "" : "float32", .bound = {1, 1}});
    course_of(GetParam())(p);
    if (threads == 1) one = bytes_of(*p.model);
    EXPECT_EQ(bytes_of(*p.model), one) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Probes, testing::ValuesIn(spec_probes()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace strata
