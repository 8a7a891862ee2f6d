#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct LogSoftmax {
  std::int64_t axis = -1;

  static Schema schema() {
    return describe<LogSoftmax>("log_softmax", "y = log(softmax(x)) along an axis.",
        field("axis", &LogSoftmax::axis, "The axis whose exponentials add up to 1."));
  }
  Value call(Value x) const { return strata::log_softmax(x, static_cast<int>(axis)); }
};

}  // namespace strata::activations
