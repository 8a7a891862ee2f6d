#pragma once

#include <strata/optimizer.h>

namespace strata {

// Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
struct Adadelta {
  LearningRate learning_rate = 0.001;
  double rho = 0.95;
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
  std::string name = "adadelta";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<Adadelta>(
        "Adadelta",
        "A step as large as the moving mean of the steps so far, for a gradient as large as that of the gradients.",
        field("learning_rate", &Adadelta::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("rho", &Adadelta::rho, "Share of the old means that stays at each update.", between(0, 1)),
        field("epsilon", &Adadelta::epsilon, "Added under the roots.", at_least(0)),
        optimizer_fields<Adadelta>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value gradients = rho * s.slot("accumulated_grad") + (1 - rho) * square(g),
                steps = s.slot("accumulated_delta_var");
    const Value step = sqrt(steps + epsilon) * g / sqrt(gradients + epsilon);
    s.set_slot("accumulated_grad", gradients);
    s.set_slot("accumulated_delta_var", rho * steps + (1 - rho) * square(step));
    return w - s.learning_rate() * step;
  }
};

}  // namespace strata
