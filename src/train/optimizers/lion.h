#pragma once

#include <strata/optimizer.h>

namespace strata {

// Chen et al., "Symbolic discovery of optimization algorithms", 2023.
struct Lion {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "lion";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<Lion>(
        "Lion", "w - learning_rate sign(beta_1 m + (1 - beta_1) g): every element moves by the same step.",
        field("learning_rate", &Lion::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_1", &Lion::beta_1, "Share of the momentum in the direction.",
              Limits{.low = 0, .high = 1, .open_low = true, .choices = {}}),
        field("beta_2", &Lion::beta_2, "Share of the old momentum that stays at each update.", between(0, 1)),
        optimizer_fields<Lion>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value m = s.slot("momentum");
    s.set_slot("momentum", m * beta_2 + g * (1 - beta_2));
    return w - s.learning_rate() * sign(m * beta_1 + g * (1 - beta_1));
  }
};

}  // namespace strata
