#pragma once

#include <strata/optimizer.h>

namespace strata {

// You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020.
struct Lamb {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
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
  std::string name = "lamb";

  static constexpr bool elementwise = false;

  static Schema schema() {
    return describe<Lamb>("Lamb",
        "Adam whose step is scaled, for each weight, by the norm of the weight over the norm of the step.",
        field("learning_rate", &Lamb::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_1", &Lamb::beta_1, "Share of the old first moment that stays at each update.", between(0, 1)),
        field("beta_2", &Lamb::beta_2, "Share of the old second moment that stays at each update.", between(0, 1)),
        field("epsilon", &Lamb::epsilon, "Added to the divisor.", at_least(0)),
        optimizer_fields<Lamb>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value t = s.step();
    Value m = s.slot("momentum"), v = s.slot("velocity");
    m = m + (g - m) * (1 - beta_1);
    v = v + (square(g) - v) * (1 - beta_2);
    s.set_slot("momentum", m);
    s.set_slot("velocity", v);
    const Value step = m / (1 - power(beta_1, t)) / (sqrt(v / (1 - power(beta_2, t))) + epsilon);
    const Value w_norm = sqrt(sum(square(w))), step_norm = sqrt(sum(square(step)));
    const Value ratio = select(logical_and(w_norm > 0, step_norm > 0), w_norm / step_norm, 1);
    return w - ratio * s.learning_rate() * step;
  }
};

}  // namespace strata
