#pragma once

#include <strata/layer.h>

namespace strata {

// y = x; adds (l1 sum |x| + l2 sum x^2) / rows to the training loss.
struct ActivityRegularization {
  double l1 = 0;
  double l2 = 0;
  std::optional<std::string> name = {};
  bool trainable = true;
  Config dtype = {};

  static constexpr Mask mask = Mask::passes;

  static Schema schema() {
    return describe<ActivityRegularization>("ActivityRegularization", "A penalty on its input, which it passes on.",
        field("l1", &ActivityRegularization::l1, "Factor on the absolute values.", at_least(0)),
        field("l2", &ActivityRegularization::l2, "Factor on the squares.", at_least(0)), layer_fields<ActivityRegularization>());
  }

  Value call(Scope& s, Value x) const {
    if (l1 != 0 || l2 != 0) s.loss((l1 * sum(absolute(x)) + l2 * sum(square(x))) / count(x, Axes{0}, x.dtype()));
    return x;
  }
};

}  // namespace strata
