#pragma once

#include <strata/regularizer.h>
#include <strata/ops.h>

namespace strata::regularizers {

struct L2 {
  double l2 = 0.01;

  static Schema schema() {
    return describe<L2>("L2", "l2 times the sum of squares.",
        field("l2", &L2::l2, "Factor.", at_least(0)));
  }
  Value call(Value w) const { return l2 * sum(square(w)); }
};

}  // namespace strata::regularizers
