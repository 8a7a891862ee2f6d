// A probe as a run of fit from beginning to end, whole or broken off and gone on with, and all that it leaves behind.
#pragma once

#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "probes/spec_probe.h"
#include "probes/user_models.h"
#include "src/files/checkpoint.h"

namespace strata {

// One compile and fit; a probe has one or several.
struct Stage {
  std::function<void(Model&)> compile;
  Dataset data;
  FitArguments arguments;
};

struct Course {
  Golden golden;
  Bound bound;
  std::function<Model(int threads)> make;  // with weights of its own
  std::vector<Stage> stages;
  int steps_at_once = 0;  // 0: the logs of every step are read
};

// The steps' columns one below the other; a sequence that is shorter than others ends in zeros, which are masked.
inline Arrays stacked(const Golden& golden, int first, int steps, const std::string& kind) {
  std::map<std::string, std::vector<Tensor>> parts;
  for (int k = first; k < first + steps; ++k)
    for (const auto& [name, t] : golden.under("step" + std::to_string(k) + "/" + kind)) parts[name].push_back(t);
  Arrays columns;
  for (const auto& [name, tensors] : parts) {
    std::vector<std::int64_t> shape = tensors[0].shape();
    shape[0] = 0;
    for (const Tensor& t : tensors) {
      for (std::size_t i = 1; i < shape.size(); ++i) shape[i] = std::max(shape[i], t.shape()[i]);
      shape[0] += t.dim(0);
    }
    Tensor whole(tensors[0].dtype(), shape);
    std::int64_t row = 0;
    for (const Tensor& t : tensors) {
      for (std::int64_t e = 0; e < t.elements(); ++e) {
        std::int64_t rest = e, at = 0, stride = 1;
        for (std::size_t i = shape.size(); i-- > 0;) {
          at += (rest % t.shape()[i] + (i == 0 ? row : 0)) * stride;
          rest /= t.shape()[i];
          stride *= shape[i];
        }
        whole.set(at, t.at(e));
      }
      row += t.dim(0);
    }
    columns.add(name, whole);
  }
  return columns;
}

inline Dataset rows_of(const Golden& golden, int first, int steps) {
  if (!golden.columns("x").empty()) return {golden.columns("x"), golden.columns("y"), {}};
  return {stacked(golden, first, steps, "x"), stacked(golden, first, steps, "y"), stacked(golden, first, steps, "sample_weight")};
}

inline int steps_of(const Golden& golden) {
  int steps = 0;
  while (golden.has("step" + std::to_string(steps) + "/loss")) ++steps;
  return steps;
}

inline Course spec_course(const std::string& name, const How& how) {
  const Golden golden(name);
  const Probe probe(name, how);
  Course course{golden, how.bound, [name, how](int threads) {
    How with_threads = how;
    with_threads.threads = threads;
    return *Probe(name, with_threads, false).model;
  }, {}};
  const int stages = static_cast<int>(probe.spec.fit.size()), steps = steps_of(golden) / stages;
  for (int i = 0; i < stages; ++i) {
    const FitSpec& fit = probe.spec.fit[static_cast<std::size_t>(i)];
    const CompileSpec compile = fit.compile ? *fit.compile : *probe.spec.compile;
    Stage stage{[fit, compile](Model& model) {
      set_trainable(model, fit.trainable);
      model.compile(compile_arguments(compile));
    }, rows_of(golden, i * steps, steps), fit_arguments(fit, {})};
    stage.arguments.verbose = 0;
    if (!golden.columns("validation/x").empty())
      stage.arguments.validation_data = Dataset{golden.columns("validation/x"), golden.columns("validation/y"), {}};
    course.stages.push_back(std::move(stage));
  }
  return course;
}

inline Course program_course(const std::string& name, Model (*make)(const RunOptions&), const How& how) {
  const Golden golden(name);
  RunOptions run{.backend = how.backend, .dtype = how.dtype.empty() ? "float64" : how.dtype};
  Stage stage{[](Model&) {}, rows_of(golden, 0, steps_of(golden)), {.batch_size = 6, .epochs = 1, .verbose = 0, .shuffle = false}};
  return {golden, how.bound, [make, run](int threads) {
    RunOptions with_threads = run;
    with_threads.threads = threads;
    return make(with_threads);
  }, {std::move(stage)}};
}

inline Course course_of(const std::string& name, const How& how) {
  if (name == "vae") return program_course(name, vae, how);
  if (name == "user_layer") return program_course(name, user_layer, how);
  return spec_course(name, how);
}

// What a run leaves: the logs of every step where they are read, then of its epoch's end, and every variable.
struct Trail {
  std::vector<Logs> logs;
  bool is_resident = true;  // in every stage, its rows lay where the steps ran
  std::map<std::string, Tensor> variables;
};

struct Break {
  std::size_t stage;
  std::int64_t step;
  std::filesystem::path folder;
};

// Trains stage `i`, to its end or to the break.
inline void train(const Course& course, std::size_t i, Model& model, Trail& trail, const Break* stop, const Break* resume) {
  const Stage& stage = course.stages[i];
  stage.compile(model);
  if (course.steps_at_once) model.state().compiled->steps_per_execution = course.steps_at_once;
  Fit fit(model, stage.data, stage.arguments);
  if (resume) {
    ASSERT_TRUE(restore_checkpoint(resume->folder, fit, [](const std::string& line) { ADD_FAILURE() << line; }));
  }
  fit.after_epoch = [&](Fit&, const Logs& logs) { trail.logs.push_back(logs); };
  if (!course.steps_at_once) fit.after_step = fit.after_epoch;
  trail.is_resident = trail.is_resident && fit.is_resident();
  if (stop) fit.pause = [&](Fit& f) { return f.step() == stop->step; };
  fit.run();
  if (stop) write_checkpoint(stop->folder, fit);
}

inline void train_from(const Course& course, Model& model, Trail& trail, const Break* resume) {
  for (std::size_t i = resume ? resume->stage : 0; i < course.stages.size(); ++i)
    train(course, i, model, trail, nullptr, resume && resume->stage == i ? resume : nullptr);
  ModelState& s = model.state();
  for (const auto& [of, store] : {std::pair("model", s.store.get()), {"optimizer", &s.optimizer->variables}, {"metrics", &s.train_metrics}})
    for (std::size_t id = 0; id < store->list().size(); ++id)
      trail.variables[std::string(of) + "/" + store->list()[id].path] = store->read(static_cast<std::int64_t>(id));
}

inline Trail never_broken_off(const Course& course, int threads) {
  Trail trail;
  Model model = course.make(threads);
  model.set_weights(course.golden.under("initial"));
  train_from(course, model, trail, nullptr);
  return trail;
}

inline Trail broken_off(const Course& course, const Break& at, int threads, int threads_afterwards) {
  Trail trail;
  {
    Model model = course.make(threads);
    model.set_weights(course.golden.under("initial"));
    for (std::size_t i = 0; i <= at.stage; ++i) train(course, i, model, trail, i == at.stage ? &at : nullptr, nullptr);
  }
  Model model = course.make(threads_afterwards);  // with other weights
  train_from(course, model, trail, &at);
  return trail;
}

inline bool same_logs(const Logs& a, const Logs& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && std::memcmp(&x.second, &y.second, sizeof x.second) == 0;
  });
}

inline void expect_same(const Trail& found, const Trail& expected) {
  ASSERT_EQ(found.logs.size(), expected.logs.size());
  for (std::size_t i = 0; i < found.logs.size(); ++i) EXPECT_TRUE(same_logs(found.logs[i], expected.logs[i])) << "logs " << i;
  ASSERT_EQ(found.variables.size(), expected.variables.size());
  for (const auto& [path, t] : expected.variables) EXPECT_TRUE(same_bytes(found.variables.at(path), t)) << path;
}

inline std::vector<std::string> all_probes() {
  std::vector<std::string> names = spec_probes();
  names.insert(names.end(), {"user_layer", "vae"});
  return names;
}

}  // namespace strata
