#pragma once

#include <strata/layers/normalization/statistics.h>

namespace strata {

// y = scale x / sqrt(mean(x^2) + epsilon) over `axis`.
// Source: Zhang & Sennrich 2019.
struct RMSNormalization {
  std::vector<std::int64_t> axis = {-1};
  double epsilon = 1e-6;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static Schema schema() {
    return describe<RMSNormalization>("RMSNormalization", "Root mean square 1 within each sample, then a learned scale.",
        field("axis", &RMSNormalization::axis, "The axis or axes of the mean."),
        field("epsilon", &RMSNormalization::epsilon, "Added to the mean square.", at_least(0)),
        activity_field<RMSNormalization>(), layer_fields<RMSNormalization>());
  }

  Value call(Scope& s, Value input) const {
    const Axes axes = sorted_axes("RMSNormalization", axis, input);
    const Value x = for_statistics(input);
    std::vector<Dim> features;
    for (const int a : axes) features.push_back(x.dim(a));
    const Value scale = cast(s.weight("scale", Shape(features), {.initializer = "ones", .autocast = false}), x.dtype());
    const Value y = x * rsqrt(mean(square(x), axes, true) + epsilon) * reshape(scale, kept_shape(x, axes));
    return cast(y, s.compute_dtype());
  }
};

}  // namespace strata
