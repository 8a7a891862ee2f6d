#pragma once

#include <strata/optimizer.h>

namespace strata {

// Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.
struct SGD {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "SGD";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<SGD>("SGD", "w - learning_rate g, with momentum where it is given.",
        field("learning_rate", &SGD::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("momentum", &SGD::momentum, "Share of the old step that stays in the new one.", between(0, 1)),
        field("nesterov", &SGD::nesterov, "Whether the step looks ahead (Nesterov)."),
        optimizer_fields<SGD>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value step = s.learning_rate() * g;
    if (momentum == 0) return w - step;
    const Value m = s.slot("momentum") * momentum - step;
    s.set_slot("momentum", m);
    return nesterov ? w + (m * momentum - step) : w + m;
  }
};

}  // namespace strata
