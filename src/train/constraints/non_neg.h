#pragma once

#include <strata/constraint.h>
#include <strata/ops.h>

namespace strata::constraints {

struct NonNeg {
  static Schema schema() { return describe<NonNeg>("NonNeg", "Negative weights become 0."); }
  Value call(Value w) const { return maximum(w, 0); }
};

}  // namespace strata::constraints
