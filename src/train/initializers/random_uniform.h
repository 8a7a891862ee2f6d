#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct RandomUniform {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<std::int64_t> seed = {};

  static Schema schema() {
    return describe<RandomUniform>("RandomUniform", "Uniform numbers in [minval, maxval).",
        field("minval", &RandomUniform::minval, "Smallest number."),
        field("maxval", &RandomUniform::maxval, "Bound above."),
        field("seed", &RandomUniform::seed, "Seed of its own in place of the model's.")).also_named({"uniform"});
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    const RandomStream draws = random.with_seed(seed);
    return filled(shape, [&](std::uint64_t i) { return minval + (maxval - minval) * draws.uniform(i); });
  }
};

}  // namespace strata::initializers
