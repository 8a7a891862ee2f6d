#pragma once

#include <cmath>

#include <strata/schedule.h>
#include <strata/ops.h>

namespace strata::schedules {

// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
struct CosineDecayRestarts {
  Required<double> initial_learning_rate = unset;
  Required<double> first_decay_steps = unset;
  double t_mul = 2;
  double m_mul = 1;
  double alpha = 0;
  std::string name = "SGDRDecay";

  static Schema schema() {
    return describe<CosineDecayRestarts>("CosineDecayRestarts",
        "Half cosines one after another, each t_mul times as long and m_mul times as high as the last.",
        field("initial_learning_rate", &CosineDecayRestarts::initial_learning_rate,
              "Rate at the first update.", at_least(0)),
        field("first_decay_steps", &CosineDecayRestarts::first_decay_steps,
              "Updates that the first decay takes.", above(0)),
        field("t_mul", &CosineDecayRestarts::t_mul, "Length of each decay over that of the last.", at_least(1)),
        field("m_mul", &CosineDecayRestarts::m_mul, "Top of each decay over that of the last.", at_least(0)),
        field("alpha", &CosineDecayRestarts::alpha,
              "Share of initial_learning_rate that stays at the end of a decay.", at_least(0)),
        field("name", &CosineDecayRestarts::name, "Name in files."));
  }
  Value call(Value step) const {
    const Value periods = step / *first_decay_steps;
    Value restart, fraction;  // number of the decay, and how much of it is done
    if (t_mul == 1) {
      restart = floor(periods);
      fraction = periods - restart;
    } else {
      restart = floor(log(1 - periods * (1 - t_mul)) / std::log(t_mul));
      const Value length = power(t_mul, restart);
      fraction = (periods - (1 - length) / (1 - t_mul)) / length;
    }
    const Value cosine = 0.5 * power(m_mul, restart) * (1 + cos(3.14159265358979323846 * fraction));
    return *initial_learning_rate * ((1 - alpha) * cosine + alpha);
  }
};

}  // namespace strata::schedules
