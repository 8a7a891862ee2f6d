// A probe trained step by step, its losses, metrics, weights and slots beside those of real Keras.
#pragma once

#include "probes/spec_probe.h"

namespace strata {

inline void steps_in_turn(Probe& p) {
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

inline void frozen_then_unfrozen(Probe& p) {
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

inline void short_last_batch(Probe& p) {
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

inline void train_beside_keras(Probe& p) {
  if (p.name == "frozen_then_unfrozen") frozen_then_unfrozen(p);
  else if (p.name == "short_last_batch") short_last_batch(p);
  else steps_in_turn(p);
}

}  // namespace strata
