#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct Glu {
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<Glu>("glu", "y = a sigmoid(b), where a and b are the halves of x along an axis.",
        field("axis", &Glu::axis, "The axis that is halved."));
  }
  Value call(Value x) const {
    const Dim half = floor_div(x.dim(static_cast<int>(axis)), 2);
    if (2 * half != x.dim(static_cast<int>(axis)))
      throw Error(ErrorKind::spec, "glu needs an axis of even size, received " + x.shape().str());
    return slice(x, static_cast<int>(axis), 0, half) * strata::sigmoid(slice(x, static_cast<int>(axis), half, 2 * half));
  }
};

}  // namespace strata::activations
