#pragma once

#include <strata/schedule.h>
#include <strata/ops.h>

namespace strata::schedules {

// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
struct CosineDecay {
  Required<double> initial_learning_rate = unset;
  Required<double> decay_steps = unset;
  double alpha = 0;
  std::string name = "CosineDecay";
  std::optional<double> warmup_target = {};
  std::int64_t warmup_steps = 0;

  static Schema schema() {
    return describe<CosineDecay>("CosineDecay",
        "A line up to warmup_target, where one is given; then half a cosine down to alpha times the top.",
        field("initial_learning_rate", &CosineDecay::initial_learning_rate, "Rate at the first update.", at_least(0)),
        field("decay_steps", &CosineDecay::decay_steps, "Updates that the decay takes, after the warm-up.", above(0)),
        field("alpha", &CosineDecay::alpha, "Share of the top that stays at the end.", at_least(0)),
        field("name", &CosineDecay::name, "Name in files."),
        field("warmup_target", &CosineDecay::warmup_target,
              "Rate at the end of the warm-up; null: no warm-up.", at_least(0)),
        field("warmup_steps", &CosineDecay::warmup_steps, "Updates that the warm-up takes.", at_least(0)));
  }
  Value call(Value step) const {
    if (!warmup_target) return decayed(*initial_learning_rate, minimum(step, *decay_steps));
    const double warmup = static_cast<double>(warmup_steps);
    const Value at = minimum(step, *decay_steps + warmup);
    const Value decay = decayed(*warmup_target, at - warmup);
    if (warmup_steps == 0) return decay;
    return select(at < warmup, (*warmup_target - *initial_learning_rate) * (at / warmup) + *initial_learning_rate, decay);
  }

 private:
  Value decayed(double top, Value step) const {
    const Value cosine = 0.5 * (1 + cos(3.14159265358979323846 * (step / *decay_steps)));
    return top * ((1 - alpha) * cosine + alpha);
  }
};

}  // namespace strata::schedules
