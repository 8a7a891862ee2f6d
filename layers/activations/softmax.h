#pragma once

#include <strata/layer.h>

namespace strata {

struct Softmax {
  std::int64_t axis = -1;
  Regularizer activity_regularizer = {};
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<Softmax>("Softmax", "Probabilities along an axis: exp(x) / sum(exp(x)).",
        field("axis", &Softmax::axis, "The axis that adds up to 1."),
        activity_field<Softmax>(), layer_fields<Softmax>());
  }

  // Masked elements get 0, and count in no sum. The mask broadcasts to the input.
  Value call(Scope& s, Value x) const {
    const Value valid = s.mask(x);
    if (!valid) return softmax(x, static_cast<int>(axis));
    const double low = x.dtype() == DType::float16 ? -3e4 : -1e9;
    return select(valid, softmax(select(valid, x, low), static_cast<int>(axis)), 0);
  }
};

}  // namespace strata
