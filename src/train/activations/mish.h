#pragma once

#include <strata/activation.h>
#include <strata/ops.h>
#include <strata/activations/softplus.h>

namespace strata::activations {

struct Mish {
  static Schema schema() { return describe<Mish>("mish", "y = x tanh(softplus(x))."); }
  Value call(Value x) const { return x * strata::tanh(Softplus{}.call(x)); }
};

}  // namespace strata::activations
