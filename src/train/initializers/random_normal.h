#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct RandomNormal {
  double mean = 0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};

  static Schema schema() {
    return describe<RandomNormal>("RandomNormal", "Normal numbers.",
        field("mean", &RandomNormal::mean, "Mean."),
        field("stddev", &RandomNormal::stddev, "Standard deviation.", at_least(0)),
        field("seed", &RandomNormal::seed, "Seed of its own in place of the model's.")).also_named({"normal"});
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    const RandomStream draws = random.with_seed(seed);
    return filled(shape, [&](std::uint64_t i) { return mean + stddev * draws.normal(i); });
  }
};

}  // namespace strata::initializers
