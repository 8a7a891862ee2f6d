#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Softsign {
  static Schema schema() { return describe<Softsign>("softsign", "y = x / (1 + |x|)."); }
  Value call(Value x) const { return x / (1 + absolute(x)); }
};

}  // namespace strata::activations
