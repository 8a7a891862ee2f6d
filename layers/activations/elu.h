#pragma once

#include <strata/layer.h>

namespace strata {

// The exponential sees only x <= 0: above, its gradient would be 0 times infinity.
// Source: Clevert et al. 2015.
struct ELU {
  double alpha = 1;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<ELU>("ELU", "Its input where that is positive, else alpha (exp(x) - 1).",
        field("alpha", &ELU::alpha, "The negative of the limit far below 0."),
        activity_field<ELU>(), layer_fields<ELU>());
  }

  Value call(Scope&, Value x) const { return select(x > 0, x, alpha * expm1(minimum(x, 0))); }
};

}  // namespace strata
