#pragma once

#include <strata/regularizer.h>
#include <strata/ops.h>

namespace strata::regularizers {

struct L1 {
  double l1 = 0.01;

  static Schema schema() {
    return describe<L1>("L1", "l1 times the sum of absolute values.",
        field("l1", &L1::l1, "Factor.", at_least(0)));
  }
  Value call(Value w) const { return l1 * sum(absolute(w)); }
};

}  // namespace strata::regularizers
