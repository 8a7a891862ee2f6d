#pragma once

#include <strata/layers/regularization/noise.h>

namespace strata {

// In training y = x / (1 - rate) with probability 1 - rate, else 0; otherwise y = x.
// Source: Srivastava et al. 2014.
struct Dropout {
  Required<double> rate = unset;
  std::optional<Shape> noise_shape = {};
  std::optional<std::int64_t> seed = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<Dropout>("Dropout", "Sets a fraction of its input to zero while training, and scales up the rest.",
        field("rate", &Dropout::rate, "Fraction to drop.", between(0, 1)),
        field("noise_shape", &Dropout::noise_shape, "Shape of the mask, broadcast to the input: 1 drops whole slices, null takes the input's axis."),
        seed_field<Dropout>(), activity_field<Dropout>(), layer_fields<Dropout>());
  }

  Value call(Scope& s, Value x) const {
    if (!s.training() || *rate == 0) return x;
    if (*rate == 1) return zeros_like(x);
    const Scope::Random random = s.random(seed);
    return noise_shape ? dropped(x, noise_shape_of("Dropout", *noise_shape, x), *rate, random)
                       : strata::dropout(x, random.state, *rate, random.stream);
  }
};

}  // namespace strata
