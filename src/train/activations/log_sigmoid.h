#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

// min(x, 0) - log(1 + exp(-|x|)); the minimum is written so that the derivative at 0 is 1/2.
struct LogSigmoid {
  static Schema schema() { return describe<LogSigmoid>("log_sigmoid", "y = log(sigmoid(x))."); }
  Value call(Value x) const { return 0.5 * (x - absolute(x)) - log1p(exp(-absolute(x))); }
};

}  // namespace strata::activations
