#pragma once

#include <strata/optimizer.h>

namespace strata {

// Defazio et al., "The road less scheduled", 2024.
struct ScheduleFreeAdamW {
  LearningRate learning_rate = 0.0025;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  std::int64_t warmup_steps = 0;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "schedule_free_adamw";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<ScheduleFreeAdamW>(
        "ScheduleFreeAdamW",
        "Adam's steps from a point z, gradients taken between z and the mean of all z: no schedule has to know the "
        "end.",
        field("learning_rate", &ScheduleFreeAdamW::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_1", &ScheduleFreeAdamW::beta_1, "Share of the mean in where gradients are taken.",
              Limits{.low = 0, .high = 1, .open_low = true, .choices = {}}),
        field("beta_2", &ScheduleFreeAdamW::beta_2, "Share of the old second moment that stays at each update.",
              between(0, 1)),
        field("epsilon", &ScheduleFreeAdamW::epsilon, "Added to the divisor.", at_least(0)),
        field("warmup_steps", &ScheduleFreeAdamW::warmup_steps, "Updates in which the rate rises from 0.", at_least(0)),
        optimizer_fields<ScheduleFreeAdamW>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value t = s.step(), z = s.slot_like_weight("momentum");  // Keras' name in files
    Value v = s.slot("velocity"), rate = s.learning_rate();
    v = v + (square(g) - v) * (1 - beta_2);
    if (warmup_steps > 0) rate = rate * minimum(t / static_cast<double>(warmup_steps), 1);
    const Value next_z = z - rate * g / (sqrt(v / (1 - power(beta_2, t))) + epsilon);
    // w = (1 - beta_1) z + beta_1 x, with x the mean.
    const Value x = (w - (1 - beta_1) * z) / beta_1, next_x = x + (next_z - x) / t;
    s.set_slot("momentum", next_z);
    s.set_slot("velocity", v);
    return (1 - beta_1) * next_z + beta_1 * next_x;
  }
};

}  // namespace strata
