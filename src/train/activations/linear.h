#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Linear {
  static Schema schema() { return describe<Linear>("linear", "y = x."); }
  Value call(Value x) const { return x; }
};

}  // namespace strata::activations
