#pragma once

#include <strata/optimizer.h>
#include <strata/optimizers/adam.h>

namespace strata {

// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019. The decay itself is every optimizer's: weight_decay.
struct AdamW {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adamw";

  static constexpr bool elementwise = true;
  static int slot_group(std::string_view slot) { return Adam::slot_group(slot); }

  static Schema schema() {
    return describe<AdamW>("AdamW", "Adam with decoupled weight decay.",
        field("learning_rate", &AdamW::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        weight_decay_field<AdamW>(),
        field("beta_1", &AdamW::beta_1, "Share of the old first moment that stays at each update.", between(0, 1)),
        field("beta_2", &AdamW::beta_2, "Share of the old second moment that stays at each update.", between(0, 1)),
        field("epsilon", &AdamW::epsilon, "Added to the divisor.", at_least(0)),
        field("amsgrad", &AdamW::amsgrad, "Whether v is the largest so far."),
        common_optimizer_fields<AdamW>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    return Adam{.beta_1 = beta_1, .beta_2 = beta_2, .epsilon = epsilon, .amsgrad = amsgrad}.update(s, w, g);
  }
};

}  // namespace strata
