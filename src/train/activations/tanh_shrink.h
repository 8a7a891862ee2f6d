#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct TanhShrink {
  static Schema schema() { return describe<TanhShrink>("tanh_shrink", "y = x - tanh(x)."); }
  Value call(Value x) const { return x - strata::tanh(x); }
};

}  // namespace strata::activations
