#pragma once

#include <strata/schedule.h>
#include <strata/ops.h>

namespace strata::schedules {

struct InverseTimeDecay {
  Required<double> initial_learning_rate = unset;
  Required<double> decay_steps = unset;
  Required<double> decay_rate = unset;
  bool staircase = false;
  std::string name = "InverseTimeDecay";

  static Schema schema() {
    return describe<InverseTimeDecay>("InverseTimeDecay",
        "initial_learning_rate / (1 + decay_rate step / decay_steps).",
        field("initial_learning_rate", &InverseTimeDecay::initial_learning_rate,
              "Rate at the first update.", at_least(0)),
        field("decay_steps", &InverseTimeDecay::decay_steps, "Updates that the decay takes.", above(0)),
        field("decay_rate", &InverseTimeDecay::decay_rate,
              "What decay_steps updates add to the divisor.", at_least(0)),
        field("staircase", &InverseTimeDecay::staircase, "Whether the rate changes only every decay_steps updates."),
        field("name", &InverseTimeDecay::name, "Name in files."));
  }
  Value call(Value step) const {
    const Value p = step / *decay_steps;
    return *initial_learning_rate / (1 + *decay_rate * (staircase ? floor(p) : p));
  }
};

}  // namespace strata::schedules
