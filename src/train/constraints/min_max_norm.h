#pragma once

#include <strata/constraint.h>
#include <strata/ops.h>

namespace strata::constraints {

struct MinMaxNorm {
  double min_value = 0;
  double max_value = 1;
  double rate = 1;
  std::vector<std::int64_t> axis = {0};

  static Schema schema() {
    return describe<MinMaxNorm>("MinMaxNorm", "Each vector is moved towards norms between two bounds.",
        field("min_value", &MinMaxNorm::min_value, "Smallest norm.", at_least(0)),
        field("max_value", &MinMaxNorm::max_value, "Largest norm.", at_least(0)),
        field("rate", &MinMaxNorm::rate, "Share of the way that one update goes.", between(0, 1)),
        field("axis", &MinMaxNorm::axis, "Axes that one norm runs over."));
  }
  Value call(Value w) const {
    const Value norm = sqrt(sum(square(w), Axes(axis.begin(), axis.end()), true));
    const Value wanted = rate * clip(norm, min_value, max_value) + (1 - rate) * norm;
    return w * (wanted / (norm + 1e-7));
  }
};

}  // namespace strata::constraints
