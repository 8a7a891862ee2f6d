#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

// Klambauer et al., "Self-normalizing neural networks", 2017.
struct Selu {
  static constexpr double alpha = 1.6732632423543772848170429916717;
  static constexpr double scale = 1.0507009873554804934193349852946;

  static Schema schema() {
    return describe<Selu>("selu", "y = scale elu(x, alpha), with the constants that keep mean 0 and variance 1.");
  }
  Value call(Value x) const { return scale * select(x > 0, x, alpha * expm1(minimum(x, 0))); }
};

}  // namespace strata::activations
