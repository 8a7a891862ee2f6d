#pragma once

#include <strata/layers/normalization/statistics.h>

namespace strata {

// y = gamma (x - mean) / sqrt(variance + epsilon) + beta with each sample's own statistics over `axis`.
// Source: Ba, Kiros & Hinton 2016.
struct LayerNormalization {
  std::vector<std::int64_t> axis = {-1};
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  bool rms_scaling = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;
  static constexpr bool autocast = false;

  static Schema schema() {
    using T = LayerNormalization;
    return describe<LayerNormalization>("LayerNormalization",
        "Mean 0 and deviation 1 within each sample, then a learned scale and offset.",
        field("axis", &T::axis, "The axis or axes of the statistics."),
        field("epsilon", &T::epsilon, "Added to the variance.", at_least(0)),
        field("center", &T::center, "Whether beta is added."),
        field("scale", &T::scale, "Whether gamma is multiplied."),
        field("beta_initializer", &T::beta_initializer, "How beta begins."),
        field("gamma_initializer", &T::gamma_initializer, "How gamma begins."),
        field("beta_regularizer", &T::beta_regularizer, "Penalty on beta."),
        field("gamma_regularizer", &T::gamma_regularizer, "Penalty on gamma."),
        field("beta_constraint", &T::beta_constraint, "Projection of beta after each update."),
        field("gamma_constraint", &T::gamma_constraint, "Projection of gamma after each update."),
        field("rms_scaling", &T::rms_scaling, "Divides by the deviation without centring, and has no beta (deprecated: RMSNormalization)."),
        activity_field<T>(), layer_fields<T>());
  }

  Value call(Scope& s, Value input) const {
    const Axes axes = sorted_axes("LayerNormalization", axis, input);
    const Value x = for_statistics(input);
    std::vector<Dim> features;
    for (const int a : axes) features.push_back(x.dim(a));
    const Shape shape(features);
    const auto own = [&](Value v) { return cast(v, x.dtype()); };
    Value gamma, beta;
    if (scale || rms_scaling) gamma = own(s.weight("gamma", shape, {gamma_initializer, gamma_regularizer, gamma_constraint, false}));
    if (center && !rms_scaling) beta = own(s.weight("beta", shape, {beta_initializer, beta_regularizer, beta_constraint, false}));
    if (!rms_scaling && axes == Axes{x.rank() - 1}) {
      const Value one = full(x, shape, 1, x.dtype()), zero = full(x, shape, 0, x.dtype());
      return cast(layer_norm(x, gamma ? gamma : one, beta ? beta : zero, epsilon), s.compute_dtype());
    }

    const Shape broadcast = kept_shape(x, axes);
    const Value m = mean(x, axes, true), centred = x - m;
    Value y = (rms_scaling ? x : centred) * rsqrt(mean(square(centred), axes, true) + epsilon);
    if (gamma) y = y * reshape(gamma, broadcast);
    if (beta) y = y + reshape(beta, broadcast);
    return cast(y, s.compute_dtype());
  }
};

}  // namespace strata
