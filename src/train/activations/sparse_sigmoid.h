#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct SparseSigmoid {
  static Schema schema() { return describe<SparseSigmoid>("sparse_sigmoid", "y = min(max((x + 1) / 2, 0), 1)."); }
  Value call(Value x) const { return select(x <= -1, 0, select(x >= 1, 1, 0.5 * (x + 1))); }
};

}  // namespace strata::activations
