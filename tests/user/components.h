// A layer, a loss and an optimizer as a program outside Strata would define them: public headers only.
#pragma once

#include <strata/layer.h>
#include <strata/loss.h>
#include <strata/optimizer.h>

namespace mine {

using namespace strata;

// y = the largest of `pieces` affine maps, (..., k) -> (..., units). Goodfellow et al., "Maxout networks", 2013.
struct Maxout {
  Required<std::int64_t> units = unset;
  std::int64_t pieces = 2;
  Initializer kernel_initializer = "glorot_uniform";
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<Maxout>("Maxout", "The largest of several affine maps.",
                            field("units", &Maxout::units, "Size of the last axis of the output.", at_least(1)),
                            field("pieces", &Maxout::pieces, "How many maps compete for each unit.", at_least(1)),
                            field("kernel_initializer", &Maxout::kernel_initializer, "How the kernel begins."),
                            layer_fields<Maxout>());
  }
  Value call(Scope& s, Value x) const {
    const Value kernel = s.weight("kernel", {x.dim(-1), *units * pieces}, {kernel_initializer});
    Value y = matmul(x, kernel) + s.weight("bias", {*units * pieces}, {.initializer = "zeros"});
    std::vector<Dim> dims = y.shape().dims();
    dims.back() = *units;
    dims.push_back(pieces);
    return reduce_max(reshape(y, Shape(dims)), Axes{-1});
  }
};

// Below the target an error costs q, above it 1 - q. Koenker and Bassett, "Regression quantiles", 1978.
struct QuantileLoss {
  double q = 0.5;
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "quantile_loss";
  Config dtype = {};

  static Schema schema() {
    return describe<QuantileLoss>("QuantileLoss", "mean(max(q e, (q - 1) e)) over the last axis, e = y_true - y_pred.",
                                  field("q", &QuantileLoss::q, "The quantile that is predicted.", between(0, 1)),
                                  loss_fields<QuantileLoss>());
  }
  Value call(Value y_true, Value y_pred) const {
    const Value e = cast(y_true, y_pred.dtype()) - y_pred;
    return mean(maximum(q * e, (q - 1) * e), Axes{-1});
  }
};

// w - learning_rate sign(m), m the moving mean of the gradient.
struct SignMomentum {
  LearningRate learning_rate = 0.01;
  double momentum = 0.9;
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<std::int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<std::int64_t> gradient_accumulation_steps = {};
  std::string name = "sign_momentum";

  static constexpr bool elementwise = true;

  static Schema schema() {
    return describe<SignMomentum>(
        "SignMomentum", "w - learning_rate sign(m), with m the moving mean of g.",
        field("learning_rate", &SignMomentum::learning_rate, "Rate: a number or a schedule.", at_least(0)),
        field("momentum", &SignMomentum::momentum, "Share of the old mean that stays at each update.", between(0, 1)),
        optimizer_fields<SignMomentum>());
  }
  Value update(UpdateScope& s, Value w, Value g) const {
    const Value m = s.slot("momentum") * momentum + g * (1 - momentum);
    s.set_slot("momentum", m);
    return w - s.learning_rate() * sign(m);
  }
};

inline void register_all() {
  register_component(component_type<Layer, Maxout>());
  register_component(component_type<Loss, QuantileLoss>());
  register_component(component_type<Optimizer, SignMomentum>());
}

}  // namespace mine
