#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct SparsePlus {
  static Schema schema() {
    return describe<SparsePlus>("sparse_plus", "y = 0 up to -1, x from 1 on, (x + 1)^2 / 4 between.");
  }
  Value call(Value x) const { return select(x <= -1, 0, select(x < 1, 0.25 * square(x + 1), x)); }
};

}  // namespace strata::activations
