#pragma once

#include <strata/optimizer.h>

namespace strata {

// Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7.
struct Adamax {
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
  std::string name = "adamax";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<Adamax>(
        "Adamax",
        "w - learning_rate m / (u + epsilon), with m the unbiased moving mean of g and u the decaying largest |g|.",
        field("learning_rate", &Adamax::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_1", &Adamax::beta_1, "Share of the old first moment that stays at each update.", between(0, 1)),
        field("beta_2", &Adamax::beta_2, "Share of the largest gradient that stays at each update.", between(0, 1)),
        field("epsilon", &Adamax::epsilon, "Added to the divisor.", at_least(0)),
        optimizer_fields<Adamax>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    Value m = s.slot("momentum");
    m = m + (g - m) * (1 - beta_1);
    const Value u = maximum(beta_2 * s.slot("norm"), absolute(g));
    s.set_slot("momentum", m);
    s.set_slot("norm", u);
    return w - s.learning_rate() * m / ((1 - power(beta_1, s.step())) * (u + epsilon));
  }
};

}  // namespace strata
