#pragma once

#include <strata/initializer.h>
#include <strata/initializers/variance_scaling.h>

namespace strata::initializers {

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
struct GlorotUniform {
  std::optional<std::int64_t> seed = {};
  std::optional<std::vector<std::int64_t>> input_axes = {};
  std::optional<std::vector<std::int64_t>> output_axes = {};

  static Schema schema() {
    return describe<GlorotUniform>("GlorotUniform", "Uniform numbers of variance 1 / the mean of inputs and outputs.",
        field("seed", &GlorotUniform::seed, "Seed of its own in place of the model's."),
        field("input_axes", &GlorotUniform::input_axes, "Axes whose product is fan_in; null: all but the last."),
        field("output_axes", &GlorotUniform::output_axes,
              "Axes whose product is fan_out; null: all but the last but one."));
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    return VarianceScaling{.scale = 1, .mode = "fan_avg", .distribution = "uniform", .seed = seed,
                           .input_axes = input_axes,
                           .output_axes = output_axes}.call(shape, random);
  }
};

}  // namespace strata::initializers
