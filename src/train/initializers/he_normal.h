#pragma once

#include <strata/initializer.h>
#include <strata/initializers/variance_scaling.h>

namespace strata::initializers {

// He et al., "Delving deep into rectifiers", 2015.
struct HeNormal {
  std::optional<std::int64_t> seed = {};
  std::optional<std::vector<std::int64_t>> input_axes = {};
  std::optional<std::vector<std::int64_t>> output_axes = {};

  static Schema schema() {
    return describe<HeNormal>("HeNormal", "Truncated normal numbers of variance 2 / the number of inputs.",
        field("seed", &HeNormal::seed, "Seed of its own in place of the model's."),
        field("input_axes", &HeNormal::input_axes, "Axes whose product is fan_in; null: all but the last."),
        field("output_axes", &HeNormal::output_axes, "Axes whose product is fan_out; null: all but the last but one."));
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    return VarianceScaling{.scale = 2, .mode = "fan_in", .distribution = "truncated_normal", .seed = seed,
                           .input_axes = input_axes,
                           .output_axes = output_axes}.call(shape, random);
  }
};

}  // namespace strata::initializers
