#pragma once

#include <strata/optimizer.h>

namespace strata {

// Dozat, "Incorporating Nesterov momentum into Adam", 2016.
struct Nadam {
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
  std::string name = "nadam";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<Nadam>(
        "Nadam", "Adam that looks ahead: the momentum of the next update enters this one.",
        field("learning_rate", &Nadam::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_1", &Nadam::beta_1, "Share of the old first moment that stays at each update.", between(0, 1)),
        field("beta_2", &Nadam::beta_2, "Share of the old second moment that stays at each update.", between(0, 1)),
        field("epsilon", &Nadam::epsilon, "Added to the divisor.", at_least(0)),
        optimizer_fields<Nadam>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value t = s.step();
    // The first moment's share rises with the updates: u_t = beta_1 (1 - 0.96^t / 2).
    const Value u = beta_1 * (1 - 0.5 * power(0.96, t)), next_u = beta_1 * (1 - 0.5 * power(0.96, t + 1));
    const Value product = s.scalar("u_product", 1) * u;
    s.set_scalar("u_product", product);
    Value m = s.slot("momentum"), v = s.slot("velocity");
    m = m + (g - m) * (1 - beta_1);
    v = v + (square(g) - v) * (1 - beta_2);
    s.set_slot("momentum", m);
    s.set_slot("velocity", v);
    const Value ahead = next_u * m / (1 - product * next_u) + (1 - u) * g / (1 - product);
    return w - s.learning_rate() * ahead / (sqrt(v / (1 - power(beta_2, t))) + epsilon);
  }
};

}  // namespace strata
