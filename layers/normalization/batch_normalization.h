#pragma once

#include <strata/layers/normalization/statistics.h>

namespace strata {

// y = gamma (x - mean) / sqrt(variance + epsilon) + beta over every axis but one, with this batch's biased statistics where
// the layer trains, else with moving ones: moving = momentum moving + (1 - momentum) batch.
// Source: Ioffe & Szegedy 2015.
struct BatchNormalization {
  std::int64_t axis = -1;
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  bool renorm = false;
  Config renorm_clipping = {};
  double renorm_momentum = 0.99;
  bool synchronized = false;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    using T = BatchNormalization;
    return describe<BatchNormalization>("BatchNormalization",
        "Mean 0 and deviation 1 for each feature over the batch, then a learned scale and offset.",
        field("axis", &T::axis, "The axis of the features."),
        field("momentum", &T::momentum, "Share of the old value in a moving statistic's update.", between(0, 1)),
        field("epsilon", &T::epsilon, "Added to the variance.", at_least(0)),
        field("center", &T::center, "Whether beta is added."),
        field("scale", &T::scale, "Whether gamma is multiplied."),
        field("beta_initializer", &T::beta_initializer, "How beta begins."),
        field("gamma_initializer", &T::gamma_initializer, "How gamma begins."),
        field("moving_mean_initializer", &T::moving_mean_initializer, "How the moving mean begins."),
        field("moving_variance_initializer", &T::moving_variance_initializer, "How the moving variance begins."),
        field("beta_regularizer", &T::beta_regularizer, "Penalty on beta."),
        field("gamma_regularizer", &T::gamma_regularizer, "Penalty on gamma."),
        field("beta_constraint", &T::beta_constraint, "Projection of beta after each update."),
        field("gamma_constraint", &T::gamma_constraint, "Projection of gamma after each update."),
        field("renorm", &T::renorm, "Batch renormalization: not available, must be false."),
        field("renorm_clipping", &T::renorm_clipping, "Limits of batch renormalization."),
        field("renorm_momentum", &T::renorm_momentum, "Momentum of batch renormalization.", between(0, 1)),
        field("synchronized", &T::synchronized, "Statistics over all devices: one device holds the whole batch."),
        activity_field<T>(), layer_fields<T>());
  }

  bool mixes_rows() const { return true; }
  Value call(Scope& s, Value input) const {
    if (renorm)
      throw Error(ErrorKind::spec, "BatchNormalization: batch renormalization is not available", "use renorm: false");
    const int a = sorted_axes("BatchNormalization", {axis}, input).front();
    const Shape features{input.dim(a)};
    const Value x = for_statistics(input);
    const auto own = [&](Value v) { return cast(v, x.dtype()); };
    Value gamma, beta;
    if (scale) gamma = own(s.weight("gamma", features, {gamma_initializer, gamma_regularizer, gamma_constraint, false}));
    if (center) beta = own(s.weight("beta", features, {beta_initializer, beta_regularizer, beta_constraint, false}));
    const Value moving_mean = s.state("moving_mean", features, moving_mean_initializer);
    const Value moving_variance = s.state("moving_variance", features, moving_variance_initializer);

    if (!s.training() || !s.trainable())
      return cast(normalized(x, a, own(moving_mean), own(moving_variance), gamma, beta), s.compute_dtype());
    Moments moments;
    if (const Value valid = s.mask(input)) {
      moments = masked_moments(x, a, valid);
      moments.y = normalized(x, a, moments.mean, moments.variance, gamma, beta);
    } else {
      Axes order;  // the features last
      for (int i = 0; i < x.rank(); ++i)
        if (i != a) order.push_back(i);
      order.push_back(a);
      Axes back(order.size());
      for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
      const Value one = full(x, features, 1, x.dtype()), zero = full(x, features, 0, x.dtype());
      moments = batch_norm(transpose(x, order), gamma ? gamma : one, beta ? beta : zero, epsilon);
      moments.y = transpose(moments.y, back);
    }
    const auto moved = [&](Value moving, Value batch) {
      return moving * momentum + cast(stop_gradient(batch), moving.dtype()) * (1 - momentum);
    };
    s.update("moving_mean", moved(moving_mean, moments.mean));
    s.update("moving_variance", moved(moving_variance, moments.variance));
    return cast(moments.y, s.compute_dtype());
  }

 private:
  Value normalized(Value x, int a, Value mean, Value variance, Value gamma, Value beta) const {
    const Shape shape = kept_shape(x, {a});
    Value factor = rsqrt(variance + epsilon);
    if (gamma) factor = factor * gamma;
    Value offset = negative(mean * factor);
    if (beta) offset = offset + beta;
    return x * reshape(factor, shape) + reshape(offset, shape);
  }

  // Over the elements whose mask is true; mask (all axes of x but the last).
  Moments masked_moments(Value x, int a, Value valid) const {
    if (valid.rank() != x.rank() - 1)
      throw Error(ErrorKind::spec, "BatchNormalization: a mask " + valid.shape().str() + " arrives with its input " + x.shape().str(),
                  "the mask must have one axis less than the input");
    constexpr double tiny = 1e-7;
    Axes others;
    for (int i = 0; i < x.rank(); ++i)
      if (i != a) others.push_back(i);
    const Value there = broadcast_to(expand_dims(valid, -1), x.shape());
    const Value n = sum(cast(there, x.dtype()), others) + tiny;
    const Value mean = sum(select(there, x, 0), others) / n;
    const Value difference = select(there, x - reshape(mean, kept_shape(x, {a})), 0);
    return {{}, mean, sum(square(difference), others) / n};
  }
};

}  // namespace strata
