#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <strata/initializer.h>

namespace strata::initializers {

// A kernel (spatial..., in, out) has fan_in = in x spatial and fan_out = out x spatial; a vector (n) has n of both.
struct VarianceScaling {
  double scale = 1;
  std::string mode = "fan_in";
  std::string distribution = "truncated_normal";
  std::optional<std::int64_t> seed = {};
  std::optional<std::vector<std::int64_t>> input_axes = {};
  std::optional<std::vector<std::int64_t>> output_axes = {};

  static Schema schema() {
    return describe<VarianceScaling>("VarianceScaling",
        "Numbers whose variance is scale / n, where n is a number of connections of the weight.",
        field("scale", &VarianceScaling::scale, "Variance times n.", above(0)),
        field("mode", &VarianceScaling::mode,
              "What n is: inputs, outputs, or the mean of both.", one_of({"fan_in", "fan_out", "fan_avg"})),
        field("distribution", &VarianceScaling::distribution,
              "Distribution of the numbers.", one_of({"truncated_normal", "untruncated_normal", "uniform", "normal"})),
        field("seed", &VarianceScaling::seed, "Seed of its own in place of the model's."),
        field("input_axes", &VarianceScaling::input_axes, "Axes whose product is fan_in; null: all but the last."),
        field("output_axes", &VarianceScaling::output_axes,
              "Axes whose product is fan_out; null: all but the last but one."));
  }
  Tensor call(const std::vector<std::int64_t>& shape, const RandomStream& random) const {
    const auto [fan_in, fan_out] = fans(shape);
    const double n = mode == "fan_in" ? fan_in : mode == "fan_out" ? fan_out : (fan_in + fan_out) / 2;
    const double variance = scale / std::max(1.0, n);
    const RandomStream draws = random.with_seed(seed);
    if (distribution == "uniform") {
      const double limit = std::sqrt(3 * variance);
      return filled(shape, [&](std::uint64_t i) { return limit * (2 * draws.uniform(i) - 1); });
    }
    if (distribution == "untruncated_normal") {
      return filled(shape, [&](std::uint64_t i) { return std::sqrt(variance) * draws.normal(i); });
    }
    // 0.8796...: standard deviation of a normal that is cut at two.
    const double stddev = std::sqrt(variance) / 0.87962566103423978;
    return filled(shape, [&](std::uint64_t i) { return stddev * draws.truncated_normal(i); });
  }

 private:
  std::pair<double, double> fans(const std::vector<std::int64_t>& shape) const {
    if (input_axes && output_axes) return {product(shape, *input_axes), product(shape, *output_axes)};
    if (shape.empty()) return {1, 1};
    double in = static_cast<double>(shape.size() > 1 ? shape[shape.size() - 2] : shape[0]);
    double out = static_cast<double>(shape.back());
    for (std::size_t i = 0; i + 2 < shape.size(); ++i) {
      in *= static_cast<double>(shape[i]);
      out *= static_cast<double>(shape[i]);
    }
    return {in, out};
  }
  static double product(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& axes) {
    double n = 1;
    const auto rank = static_cast<std::int64_t>(shape.size());
    for (const std::int64_t axis : axes) {
      if (axis < -rank || axis >= rank)
        throw Error(ErrorKind::spec,
                    "an initializer counts axis " + std::to_string(axis) + " of a weight of rank " + std::to_string(rank));
      n *= static_cast<double>(shape[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)]);
    }
    return n;
  }
};

}  // namespace strata::initializers
