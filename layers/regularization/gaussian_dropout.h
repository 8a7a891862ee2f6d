#pragma once

#include <cmath>

#include <strata/layers/regularization/noise.h>

namespace strata {

// In training y = x n, n normal of mean 1 and variance rate / (1 - rate), Dropout's; otherwise y = x.
// Source: Srivastava et al. 2014, section 10.
struct GaussianDropout {
  Required<double> rate = unset;
  std::optional<std::int64_t> seed = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<GaussianDropout>("GaussianDropout", "Multiplies by normal noise of mean 1 while training.",
        field("rate", &GaussianDropout::rate, "The noise has the variance of a Dropout of this rate; training needs one below 1.", between(0, 1)),
        seed_field<GaussianDropout>(), activity_field<GaussianDropout>(), layer_fields<GaussianDropout>());
  }

  Value call(Scope& s, Value x) const {
    if (!s.training() || *rate == 0) return x;
    if (*rate == 1) throw Error(ErrorKind::spec, "GaussianDropout: a rate of 1 has noise without bound", "use a rate below 1");
    return x * (1 + std::sqrt(*rate / (1 - *rate)) * normal_like(x, s.random(seed)));
  }
};

}  // namespace strata
