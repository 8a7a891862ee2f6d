#pragma once

#include <strata/optimizer.h>

namespace strata {

// Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.
struct RMSprop {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "rmsprop";

  static constexpr bool elementwise = true;
  static int slot_group(std::string_view slot) { return slot == "velocity" ? 0 : slot == "momentum" ? 1 : 2; }

  static Schema schema() {
    return describe<RMSprop>("RMSprop", "w - learning_rate g / sqrt(v + epsilon), with v the moving mean of g^2.",
        field("learning_rate", &RMSprop::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("rho", &RMSprop::rho, "Share of the old mean that stays at each update.", between(0, 1)),
        field("momentum", &RMSprop::momentum, "Share of the old step that stays in the new one.", between(0, 1)),
        field("epsilon", &RMSprop::epsilon, "Added to the divisor.", at_least(0)),
        field("centered", &RMSprop::centered, "Whether v is the variance of g instead of the mean of g^2."),
        optimizer_fields<RMSprop>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value v = rho * s.slot("velocity") + (1 - rho) * square(g);
    s.set_slot("velocity", v);
    // Asked for in the order of Keras' files.
    Value old_step, variance = v;
    if (momentum > 0) old_step = s.slot("momentum");
    if (centered) {
      const Value mean = rho * s.slot("average_gradient") + (1 - rho) * g;
      s.set_slot("average_gradient", mean);
      variance = v - square(mean);
    }
    Value step = s.learning_rate() * g / sqrt(variance + epsilon);
    if (momentum > 0) {
      step = momentum * old_step + step;
      s.set_slot("momentum", step);
    }
    return w - step;
  }
};

}  // namespace strata
