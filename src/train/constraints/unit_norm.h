#pragma once

#include <strata/constraint.h>
#include <strata/ops.h>

namespace strata::constraints {

struct UnitNorm {
  std::vector<std::int64_t> axis = {0};

  static Schema schema() {
    return describe<UnitNorm>("UnitNorm", "Each vector is scaled to norm 1.",
        field("axis", &UnitNorm::axis, "Axes that one norm runs over."));
  }
  Value call(Value w) const {
    const Value norm = sqrt(sum(square(w), Axes(axis.begin(), axis.end()), true));
    return w / (norm + 1e-7);
  }
};

}  // namespace strata::constraints
