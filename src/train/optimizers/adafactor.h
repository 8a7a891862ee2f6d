#pragma once

#include <strata/optimizer.h>

namespace strata {

// Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018.
struct Adafactor {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8;
  double epsilon_1 = 1e-30;
  double epsilon_2 = 0.001;
  double clip_threshold = 1;
  bool relative_step = true;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "adafactor";

  static constexpr bool elementwise = false;

  static Schema schema() {
    return describe<Adafactor>("Adafactor",
        "Adam without momentum whose second moments of a matrix are kept by row and column only.",
        field("learning_rate", &Adafactor::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("beta_2_decay", &Adafactor::beta_2_decay, "Exponent of the update number in the moving mean's share."),
        field("epsilon_1", &Adafactor::epsilon_1, "Added to g^2.", at_least(0)),
        field("epsilon_2", &Adafactor::epsilon_2, "Smallest scale of a weight.", at_least(0)),
        field("clip_threshold", &Adafactor::clip_threshold,
              "Largest root mean square of the scaled gradient.", above(0)),
        field("relative_step", &Adafactor::relative_step,
              "Whether a constant rate is capped at 1 / sqrt(step); the rule itself caps every rate so."),
        optimizer_fields<Adafactor>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value t = s.step();
    const Value rate = maximum(rms(w), epsilon_2) * minimum(s.learning_rate(), rsqrt(t));
    const Value squares = square(g) + epsilon_1;
    const Value keep = 1 - power(t, beta_2_decay);
    Value v;
    if (w.rank() < 2) {
      s.slot("r", Shape{}, 0);  // empty, but in Keras' files
      s.slot("c", Shape{}, 0);
      v = keep * s.slot("velocity") + (1 - keep) * squares;
    } else {
      const Shape rows = w.shape().slice(0, w.rank() - 1), columns = w.shape().slice(0, w.rank() - 2) + Shape{w.dim(-1)};
      const Value r = keep * s.slot("r", rows, 0) + (1 - keep) * mean(squares, Axes{-1});
      const Value c = keep * s.slot("c", columns, 0) + (1 - keep) * mean(squares, Axes{-2});
      s.slot("velocity");  // in Keras' files, though it follows from r and c
      s.set_slot("r", r);
      s.set_slot("c", c);
      v = expand_dims(r / mean(r, Axes{-1}, true), -1) * expand_dims(c, -2);
    }
    s.set_slot("velocity", v);
    const Value u = g / sqrt(v);
    return w - rate * (u / maximum(rms(u) / clip_threshold, 1));
  }

 private:
  static Value rms(Value x) { return sqrt(mean(square(x))); }
};

}  // namespace strata
