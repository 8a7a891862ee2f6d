#pragma once

#include <cmath>
#include <regex>

#include <strata/optimizer.h>

namespace strata {

// Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; the rate per root mean square: Liu et
// al., "Muon is scalable for LLM training", 2025.
struct Muon {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9;
  double adam_beta_2 = 0.999;
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = 0.004;
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "muon";
  std::optional<std::vector<std::string>> exclude_layers = {};
  bool exclude_embeddings = true;
  double muon_a = 3.4445;
  double muon_b = -4.775;
  double muon_c = 2.0315;
  double adam_lr_ratio = 1;
  double momentum = 0.95;
  std::int64_t ns_steps = 5;
  bool nesterov = true;
  std::optional<double> rms_rate = 0.2;

  static constexpr bool elementwise = false;

  static Schema schema() {
    return describe<Muon>(
        "Muon", "Momentum whose step is made orthogonal, for matrices; every other weight, and embeddings, go by Adam.",
        field("learning_rate", &Muon::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("adam_beta_1", &Muon::adam_beta_1, "Adam's beta_1.", between(0, 1)),
        field("adam_beta_2", &Muon::adam_beta_2, "Adam's beta_2.", between(0, 1)),
        field("adam_weight_decay", &Muon::adam_weight_decay, "Weight decay of what goes by Adam.", at_least(0)),
        field("epsilon", &Muon::epsilon, "Added to Adam's divisor.", at_least(0)),
        optimizer_fields<Muon>(),
        field("exclude_layers", &Muon::exclude_layers, "Patterns of paths of weights that go by Adam as well."),
        field("exclude_embeddings", &Muon::exclude_embeddings, "Whether embeddings go by Adam."),
        field("muon_a", &Muon::muon_a, "Factor of x in a Newton-Schulz step."),
        field("muon_b", &Muon::muon_b, "Factor of x x^T x."),
        field("muon_c", &Muon::muon_c, "Factor of (x x^T)^2 x."),
        field("adam_lr_ratio", &Muon::adam_lr_ratio, "Adam's learning rate over this one.", at_least(0)),
        field("momentum", &Muon::momentum, "Share of the old momentum that stays at each update.", between(0, 1)),
        field("ns_steps", &Muon::ns_steps, "Newton-Schulz steps.", at_least(1)),
        field("nesterov", &Muon::nesterov, "Whether the step looks ahead (Nesterov)."),
        field("rms_rate", &Muon::rms_rate, "Root mean square of a step of rate 1; null: as it comes.", above(0)));
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    if (goes_by_adam(s.path(), w.shape())) return adam(s, w, g);
    const Value m = s.slot("momentum") * momentum + g;
    s.set_slot("momentum", m);
    const Value step = s.learning_rate() * orthogonal(nesterov ? g + momentum * m : m);
    const double side = static_cast<double>(std::max(w.dim(0).value(), w.dim(1).value()));
    return w - (rms_rate ? step * (std::sqrt(side) * *rms_rate) : step);
  }
  std::optional<double> decay_of(std::string_view path, const Shape& shape) const {
    return goes_by_adam(path, shape) ? adam_weight_decay : weight_decay;
  }

 private:
  bool goes_by_adam(std::string_view path, const Shape& shape) const {
    if (shape.rank() != 2) return true;
    const std::string text(path);
    if (exclude_embeddings && std::regex_search(text, std::regex("embedding", std::regex::icase))) return true;
    for (const std::string& pattern : exclude_layers.value_or(std::vector<std::string>{}))
      if (std::regex_search(text, std::regex(pattern))) return true;
    return false;
  }
  // The second moment exists for these weights alone.
  Value adam(UpdateScope& s, Value w, Value g) const {
    const Value t = s.step();
    const Value alpha =
        adam_lr_ratio * s.learning_rate() * sqrt(1 - power(adam_beta_2, t)) / (1 - power(adam_beta_1, t));
    Value m = s.slot("momentum"), v = s.slot("velocity", w.shape(), 0);
    m = m + (g - m) * (1 - adam_beta_1);
    v = v + (square(g) - v) * (1 - adam_beta_2);
    s.set_slot("momentum", m);
    s.set_slot("velocity", v);
    return w - m * alpha / (sqrt(v) + epsilon);
  }
  // Singular values of the matrix drawn towards 1: x <- a x + (b A + c A^2) x with A = x x^T.
  Value orthogonal(Value x) const {
    const bool tall = x.dim(0).value() > x.dim(1).value();
    if (tall) x = transpose(x, {1, 0});
    x = x / (sqrt(sum(square(x))) + 1e-7);
    for (std::int64_t i = 0; i < ns_steps; ++i) {
      const Value a = matmul(x, x, false, true);
      x = muon_a * x + matmul(muon_b * a + matmul(muon_c * a, a), x);
    }
    return tall ? transpose(x, {1, 0}) : x;
  }
};

}  // namespace strata
