#pragma once

#include <strata/regularizer.h>
#include <strata/ops.h>

namespace strata::regularizers {

struct L1L2 {
  double l1 = 0;
  double l2 = 0;

  static Schema schema() {
    return describe<L1L2>("L1L2", "l1 times the sum of absolute values plus l2 times the sum of squares.",
        field("l1", &L1L2::l1, "Factor on the absolute values.", at_least(0)),
        field("l2", &L1L2::l2, "Factor on the squares.", at_least(0))).also_named({"l1_l2"});
  }
  Value call(Value w) const { return l1 * sum(absolute(w)) + l2 * sum(square(w)); }
};

}  // namespace strata::regularizers
