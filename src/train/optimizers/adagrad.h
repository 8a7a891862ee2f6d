#pragma once

#include <strata/optimizer.h>

namespace strata {

// Duchi et al., "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
struct Adagrad {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adagrad";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<Adagrad>(
        "Adagrad", "w - learning_rate g / sqrt(a + epsilon), with a the sum of all g^2.",
        field("learning_rate", &Adagrad::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("initial_accumulator_value", &Adagrad::initial_accumulator_value, "What the sum begins with.",
              at_least(0)),
        field("epsilon", &Adagrad::epsilon, "Added under the root.", at_least(0)),
        optimizer_fields<Adagrad>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value sum = s.slot("accumulator", initial_accumulator_value) + square(g);
    s.set_slot("accumulator", sum);
    return w - s.learning_rate() * g / sqrt(sum + epsilon);
  }
};

}  // namespace strata
