#pragma once

#include <strata/schedule.h>
#include <strata/ops.h>

namespace strata::schedules {

struct PolynomialDecay {
  Required<double> initial_learning_rate = unset;
  Required<double> decay_steps = unset;
  double end_learning_rate = 0.0001;
  double power = 1;
  bool cycle = false;
  std::string name = "PolynomialDecay";

  static Schema schema() {
    return describe<PolynomialDecay>("PolynomialDecay",
        "From initial_learning_rate to end_learning_rate along (1 - step / decay_steps)^power.",
        field("initial_learning_rate", &PolynomialDecay::initial_learning_rate,
              "Rate at the first update.", at_least(0)),
        field("decay_steps", &PolynomialDecay::decay_steps, "Updates that the decay takes.", above(0)),
        field("end_learning_rate", &PolynomialDecay::end_learning_rate, "Rate at the end.", at_least(0)),
        field("power", &PolynomialDecay::power, "Exponent; 1 is a straight line.", at_least(0)),
        field("cycle", &PolynomialDecay::cycle,
              "Whether the decay begins again, decay_steps longer each time, instead of staying at its end."),
        field("name", &PolynomialDecay::name, "Name in files."));
  }
  Value call(Value step) const {
    Value p;
    if (cycle) p = step / (*decay_steps * select(equal(step, 0), 1, ceil(step / *decay_steps)));
    else p = minimum(step, *decay_steps) / *decay_steps;
    return (*initial_learning_rate - end_learning_rate) * strata::power(1 - p, power) + end_learning_rate;
  }
};

}  // namespace strata::schedules
