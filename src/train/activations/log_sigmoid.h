#pragma once

#include <strata/activation.h>
#include <strata/ops.h>

namespace strata::activations {

struct LogSigmoid {
  static Schema schema() { return describe<LogSigmoid>("log_sigmoid", "y = log(sigmoid(x))."); }
  Value call(Value x) const { return minimum(x, 0) - log1p(exp(-absolute(x))); }
};

}  // namespace strata::activations
