#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Silu {
  static Schema schema() { return describe<Silu>("silu", "y = x sigmoid(x).").also_named({"swish"}); }
  Value call(Value x) const { return x * strata::sigmoid(x); }
};

}  // namespace strata::activations
