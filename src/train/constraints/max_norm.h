#pragma once

#include <strata/constraint.h>
#include <strata/ops.h>

namespace strata::constraints {

struct MaxNorm {
  double max_value = 2;
  std::vector<std::int64_t> axis = {0};

  static Schema schema() {
    return describe<MaxNorm>("MaxNorm", "Each vector longer than max_value is scaled to it.",
        field("max_value", &MaxNorm::max_value, "Largest norm.", at_least(0)),
        field("axis", &MaxNorm::axis, "Axes that one norm runs over."));
  }
  Value call(Value w) const {
    const Value norm = sqrt(sum(square(w), Axes(axis.begin(), axis.end()), true));
    return w * (clip(norm, 0, max_value) / (norm + 1e-7));
  }
};

}  // namespace strata::constraints
