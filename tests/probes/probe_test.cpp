// Every probe that is a spec (tests/golden/probes/*.yaml), trained step by step beside real Keras' numbers: losses, metrics,
// weights and slots of every step. float64 on the reference backend at rel 1e-9, on every other backend at the bound of its
// own arithmetic, and byte for byte at 1, 2 and 4 threads.
#include <gtest/gtest.h>

#include <filesystem>

#include <strata/model.h>
#include "src/files/spec_model.h"
#include "src/model/fit.h"
#include "src/model/model_state.h"
#include "src/spec/diagnostics.h"
#include "src/spec/spec.h"
#include "golden/probe.h"

namespace strata {
namespace {

struct How {
  std::string backend = "reference";
  int threads = 0;
  std::string dtype = {};  // empty: the spec's
  Bound bound{1e-9, 1e-12};
};

class Probe {
 public:
  Probe(const std::string& name, const How& how) : golden(name), how_(how), spec(read_spec(probe_folder() + name + ".yaml")) {
    spec.run.backend = how.backend;
    spec.run.threads = how.threads;
    if (!how.dtype.empty()) spec.run.dtype = how.dtype;
    Diagnostics diagnostics;
    auto built = build_model(spec, diagnostics);
    diagnostics.throw_if_errors();
    model.emplace(std::move(*built));
    model->set_weights(golden.under("initial"));
  }

  Logs train(const std::string& step) { return model->train_on_batch(golden.batch(step)); }

  void expect_logs(const Logs& logs, const std::string& step) const {
    for (const auto& [name, value] : logs)
      if (golden.has(step + "/" + name)) expect_near(value, golden.at(step + "/" + name).at(0), how_.bound, step + "/" + name);
    EXPECT_TRUE(find_log(logs, "loss") && golden.has(step + "/loss")) << step;
  }

  void expect_weights(const std::string& prefix) const {
    const auto weights = model->weights();
    for (const auto& [path, expected] : golden.under(prefix)) {
      ASSERT_TRUE(weights.count(path)) << "no weight " << path;
      expect_near(weights.at(path), expected, how_.bound, prefix + "/" + path);
    }
  }

  void expect_prediction() {
    const Arrays x = golden.columns("step0/x");
    const Arrays found = model->predict(x, {.batch_size = x.columns()[0].second.dim(0)});
    for (const auto& [name, expected] : golden.under("prediction")) {
      ASSERT_NE(found.find(name), nullptr) << name;
      expect_near(*found.find(name), expected, how_.bound, "prediction/" + name);
    }
  }

  Golden golden;
  How how_;
  Spec spec;
  std::optional<Model> model;
};

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
  }
  p.expect_weights("final");
  p.expect_prediction();
}

void frozen_then_unfrozen(Probe& p) {
  int k = 0;
  for (const FitSpec& stage : p.spec.fit) {
    set_trainable(*p.model, stage.trainable);
    p.model->compile(compile_arguments(*stage.compile));
    for (int i = 0; i < 3; ++i, ++k) p.expect_logs(p.train("step" + std::to_string(k)), "step" + std::to_string(k));
    p.expect_weights(k == 3 ? "middle" : "final");
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
  const Logs logs = p.model->evaluate({p.golden.columns("validation/x"), p.golden.columns("validation/y"), {}}, {.batch_size = 2});
  for (const auto& [name, expected] : p.golden.under("evaluate")) expect_near(*find_log(logs, name), expected.at(0), p.how_.bound, "evaluate/" + name);
}

Course course_of(const std::string& probe) {
  if (probe == "frozen_then_unfrozen") return frozen_then_unfrozen;
  if (probe == "stateful_lstm") return stateful;
  if (probe == "short_last_batch") return short_last_batch;
  return steps_in_turn;
}

std::vector<std::string> probes() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(probe_folder()))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// bfloat16 rounds at every op: what is compared is its size, not its bits.
Bound bound_of(const std::string& probe, Bound bound) {
  return probe == "mixed_bfloat16" ? Bound{2e-2, 2e-2} : bound;
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
  Probe p(GetParam(), {.backend = "cpu", .dtype = GetParam() == "mixed_bfloat16" ? "" : "float32", .bound = bound_of(GetParam(), {2e-3, 2e-4})});
  course_of(GetParam())(p);
}

TEST_P(Probes, GivesTheSameBytesAtAnyNumberOfThreads) {
  std::string one;
  for (const int threads : {1, 2, 4}) {
    Probe p(GetParam(), {.backend = "cpu", .threads = threads, .dtype = GetParam() == "mixed_bfloat16" ? "" : "float32", .bound = {1, 1}});
    course_of(GetParam())(p);
    if (threads == 1) one = bytes_of(*p.model);
    EXPECT_EQ(bytes_of(*p.model), one) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Probes, testing::ValuesIn(probes()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace strata
