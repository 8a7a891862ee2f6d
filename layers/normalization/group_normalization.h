#pragma once

#include <strata/layers/normalization/statistics.h>

namespace strata {

// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of each sample over a group of channels and all
// other axes.
// Source: Wu & He 2018.
struct GroupNormalization {
  std::int64_t groups = 32;
  std::int64_t axis = -1;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;
  static constexpr bool autocast = false;

  static Schema schema() {
    using T = GroupNormalization;
    return describe<GroupNormalization>("GroupNormalization",
        "Mean 0 and deviation 1 within each group of channels of a sample, then a learned scale and offset.",
        field("groups", &T::groups, "Number of groups; -1: one for each channel.", at_least(-1)),
        field("axis", &T::axis, "The axis of the channels."),
        field("epsilon", &T::epsilon, "Added to the variance.", at_least(0)),
        field("center", &T::center, "Whether beta is added."),
        field("scale", &T::scale, "Whether gamma is multiplied."),
        field("beta_initializer", &T::beta_initializer, "How beta begins."),
        field("gamma_initializer", &T::gamma_initializer, "How gamma begins."),
        field("beta_regularizer", &T::beta_regularizer, "Penalty on beta."),
        field("gamma_regularizer", &T::gamma_regularizer, "Penalty on gamma."),
        field("beta_constraint", &T::beta_constraint, "Projection of beta after each update."),
        field("gamma_constraint", &T::gamma_constraint, "Projection of gamma after each update."),
        activity_field<T>(), layer_fields<T>());
  }

  Value call(Scope& s, Value input) const {
    const int a = sorted_axes("GroupNormalization", {axis}, input).front();
    const Value x = for_statistics(input);
    const std::int64_t channels = channels_of(input, a), n = groups == -1 ? channels : groups;
    // (N, ..., groups, channels of one, ...)
    const Shape grouped = x.shape().slice(0, a) + Shape{n, channels / n} + x.shape().slice(a + 1, x.rank());
    Shape per_channel = grouped;
    for (int i = 0; i < per_channel.rank(); ++i)
      if (i != a && i != a + 1) per_channel[i] = 1;
    const auto weight = [&](const char* of, const Initializer& initializer, const Regularizer& regularizer, const Constraint& constraint) {
      return reshape(cast(s.weight(of, {channels}, {initializer, regularizer, constraint, false}), x.dtype()), per_channel);
    };
    Value gamma, beta;
    if (scale) gamma = weight("gamma", gamma_initializer, gamma_regularizer, gamma_constraint);
    if (center) beta = weight("beta", beta_initializer, beta_regularizer, beta_constraint);

    const Value v = reshape(x, grouped), m = group_mean(v, a);
    Value factor = rsqrt(group_mean(square(v - m), a) + epsilon);
    if (gamma) factor = factor * gamma;
    Value offset = negative(m * factor);
    if (beta) offset = offset + beta;
    return cast(reshape(v * factor + offset, x.shape()), s.compute_dtype());
  }

 private:
  std::int64_t channels_of(Value x, int a) const {
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorKind::spec, "GroupNormalization: axis " + std::to_string(a) + " of its input " + x.shape().str() + " " + what);
    };
    if (a == 0) fail("is the batch, not the channels");
    if (!x.dim(a).is_known()) fail("has no number");
    if (groups != -1 && (groups == 0 || x.dim(a).value() % groups != 0)) fail("does not divide into " + std::to_string(groups) + " groups");
    return x.dim(a).value();
  }

  // Over all axes but the batch and the groups, those before the groups first: each time they lie together.
  static Value group_mean(Value v, int a) {
    Axes before, after;
    for (int i = 1; i < v.rank(); ++i)
      if (i != a) (i < a ? before : after).push_back(i);
    if (!before.empty()) v = mean(v, before, true);
    return mean(v, after, true);
  }
};

}  // namespace strata
