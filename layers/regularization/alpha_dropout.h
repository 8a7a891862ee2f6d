#pragma once

#include <cmath>

#include <strata/layers/regularization/noise.h>

namespace strata {

// In training y = a z + b, where z = x with probability 1 - rate, else SELU's limit alpha' far below 0; a and b leave mean 0
// and variance 1 as they are. Otherwise y = x.
// Source: Klambauer et al. 2017, "Self-normalizing neural networks".
struct AlphaDropout {
  Required<double> rate = unset;
  std::optional<Shape> noise_shape = {};
  std::optional<std::int64_t> seed = {};
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<AlphaDropout>("AlphaDropout", "Dropout for selu: sets a fraction of its input to selu's lower limit while training.",
        field("rate", &AlphaDropout::rate, "Fraction to drop; training needs one below 1.", between(0, 1)),
        field("noise_shape", &AlphaDropout::noise_shape, "Shape of the mask, broadcast to the input: 1 drops whole slices, null takes the input's axis."),
        seed_field<AlphaDropout>(), activity_field<AlphaDropout>(), layer_fields<AlphaDropout>());
  }

  Value call(Scope& s, Value x) const {
    if (!s.training() || *rate == 0) return x;
    if (*rate == 1) throw Error(ErrorKind::spec, "AlphaDropout: a rate of 1 leaves nothing to scale", "use a rate below 1");
    constexpr double limit = -1.6732632423543772848 * 1.0507009873554804934;  // -alpha scale of selu
    const double a = 1 / std::sqrt((1 - *rate) * (1 + *rate * limit * limit)), b = -a * limit * *rate;
    const Scope::Random random = s.random(seed);
    const Shape shape = noise_shape ? noise_shape_of("AlphaDropout", *noise_shape, x) : x.shape();
    const Value kept = random_uniform(random.state, random.stream, shape, draw_dtype(x)) >= *rate;
    return a * select(kept, x, limit) + b;
  }
};

}  // namespace strata
