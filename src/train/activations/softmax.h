#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Softmax {
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<Softmax>("softmax", "y = exp(x) / sum(exp(x)) along an axis.",
        field("axis", &Softmax::axis, "The axis that adds up to 1."));
  }
  Value call(Value x) const { return strata::softmax(x, static_cast<int>(axis)); }
};

}  // namespace strata::activations
