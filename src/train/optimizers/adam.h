#pragma once

#include <strata/optimizer.h>

namespace strata {

// Kingma and Ba, "Adam: a method for stochastic optimization", 2015; amsgrad: Reddi et al., 2018.
struct Adam {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adam";

  static constexpr bool elementwise = true;
  static int slot_group(std::string_view slot) { return slot == "velocity_hat"; }

  static Schema schema() {
    return describe<Adam>("Adam",
        "w - learning_rate m / (sqrt(v) + epsilon), with m and v the unbiased moving means of g and g^2.",
        field("learning_rate", &Adam::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_1", &Adam::beta_1, "Share of the old first moment that stays at each update.", between(0, 1)),
        field("beta_2", &Adam::beta_2, "Share of the old second moment that stays at each update.", between(0, 1)),
        field("epsilon", &Adam::epsilon, "Added to the divisor.", at_least(0)),
        field("amsgrad", &Adam::amsgrad, "Whether v is the largest so far."),
        optimizer_fields<Adam>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value t = s.step();
    const Value alpha = s.learning_rate() * sqrt(1 - power(beta_2, t)) / (1 - power(beta_1, t));
    Value m = s.slot("momentum"), v = s.slot("velocity");
    m = m + (g - m) * (1 - beta_1);
    v = v + (square(g) - v) * (1 - beta_2);
    s.set_slot("momentum", m);
    s.set_slot("velocity", v);
    if (amsgrad) {
      v = maximum(s.slot("velocity_hat"), v);
      s.set_slot("velocity_hat", v);
    }
    return w - m * alpha / (sqrt(v) + epsilon);
  }
};

}  // namespace strata
