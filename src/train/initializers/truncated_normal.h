#pragma once

#include <strata/initializer.h>

namespace strata::initializers {

struct TruncatedNormal {
  double mean = 0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};

  static Schema schema() {
    return describe<TruncatedNormal>("TruncatedNormal", "Normal numbers within two standard deviations of the mean.",
        field("mean", &TruncatedNormal::mean, "Mean."),
        field("stddev", &TruncatedNormal::stddev, "Standard deviation before the truncation.", at_least(0)),
        field("seed", &TruncatedNormal::seed, "Seed of its own in place of the model's."));
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    const RandomStream draws = random.with_seed(seed);
    return filled(shape, [&](std::uint64_t i) { return mean + stddev * draws.truncated_normal(i); });
  }
};

}  // namespace strata::initializers
