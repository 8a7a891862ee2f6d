#pragma once

#include <strata/initializer.h>
#include <strata/initializers/variance_scaling.h>

namespace strata::initializers {

// LeCun et al., "Efficient backprop", 1998.
struct LecunUniform {
  std::optional<std::int64_t> seed = {};
  std::optional<std::vector<std::int64_t>> input_axes = {};
  std::optional<std::vector<std::int64_t>> output_axes = {};

  static Schema schema() {
    return describe<LecunUniform>("LecunUniform", "Uniform numbers of variance 1 / the number of inputs.",
        field("seed", &LecunUniform::seed, "Seed of its own in place of the model's."),
        field("input_axes", &LecunUniform::input_axes, "Axes whose product is fan_in; null: all but the last."),
        field("output_axes", &LecunUniform::output_axes,
              "Axes whose product is fan_out; null: all but the last but one."));
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    return VarianceScaling{.scale = 1, .mode = "fan_in", .distribution = "uniform", .seed = seed,
                           .input_axes = input_axes,
                           .output_axes = output_axes}.call(shape, random);
  }
};

}  // namespace strata::initializers
