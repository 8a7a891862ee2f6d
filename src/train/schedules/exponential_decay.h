#pragma once

#include <strata/schedule.h>
#include <strata/ops.h>

namespace strata::schedules {

struct ExponentialDecay {
  Required<double> initial_learning_rate = unset;
  Required<double> decay_steps = unset;
  Required<double> decay_rate = unset;
  bool staircase = false;
  std::string name = "ExponentialDecay";

  static Schema schema() {
    return describe<ExponentialDecay>("ExponentialDecay", "initial_learning_rate decay_rate^(step / decay_steps).",
        field("initial_learning_rate", &ExponentialDecay::initial_learning_rate,
              "Rate at the first update.", at_least(0)),
        field("decay_steps", &ExponentialDecay::decay_steps, "Updates that the decay takes.", above(0)),
        field("decay_rate", &ExponentialDecay::decay_rate, "Factor that decay_steps updates bring.", above(0)),
        field("staircase", &ExponentialDecay::staircase, "Whether the rate changes only every decay_steps updates."),
        field("name", &ExponentialDecay::name, "Name in files."));
  }
  Value call(Value step) const {
    const Value p = step / *decay_steps;
    return *initial_learning_rate * power(*decay_rate, staircase ? floor(p) : p);
  }
};

}  // namespace strata::schedules
