#pragma once

#include <strata/optimizer.h>

namespace strata {

// McMahan et al., "Ad click prediction: a view from the trenches", 2013.
struct Ftrl {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;
  double initial_accumulator_value = 0.1;
  double l1_regularization_strength = 0;
  double l2_regularization_strength = 0;
  double l2_shrinkage_regularization_strength = 0;
  double beta = 0;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "ftrl";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<Ftrl>(
        "Ftrl",
        "Follow the regularized leader: each weight is solved for anew from all gradients so far, and l1 makes many of "
        "them 0.",
        field("learning_rate", &Ftrl::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("learning_rate_power", &Ftrl::learning_rate_power,
              "Exponent, at most 0, by which the rate falls with the sum of g^2.", Limits{.high = 0, .choices = {}}),
        field("initial_accumulator_value", &Ftrl::initial_accumulator_value, "What the sum of g^2 begins with.",
              at_least(0)),
        field("l1_regularization_strength", &Ftrl::l1_regularization_strength, "Weight of the sum of |w|.",
              at_least(0)),
        field("l2_regularization_strength", &Ftrl::l2_regularization_strength, "Weight of the sum of w^2.",
              at_least(0)),
        field("l2_shrinkage_regularization_strength", &Ftrl::l2_shrinkage_regularization_strength,
              "Weight of the sum of w^2 in the gradient alone.", at_least(0)),
        field("beta", &Ftrl::beta, "Added to the roots of the sums of g^2.", at_least(0)),
        optimizer_fields<Ftrl>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value rate = s.learning_rate(), sum = s.slot("accumulator", initial_accumulator_value),
                more = sum + square(g);
    const Value root = power(more, -learning_rate_power);
    const Value pulled = g + 2 * l2_shrinkage_regularization_strength * w;
    const Value linear = s.slot("linear") + pulled - (root - power(sum, -learning_rate_power)) / rate * w;
    s.set_slot("accumulator", more);
    s.set_slot("linear", linear);
    const Value quadratic = root / rate + 2 * (l2_regularization_strength + beta / (2 * rate));
    return (clip(linear, -l1_regularization_strength, l1_regularization_strength) - linear) / quadratic;
  }
};

}  // namespace strata
