#pragma once

#include <numbers>

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct LogCosh {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "log_cosh";
  Config dtype = {};

  static Schema schema() {
    return describe<LogCosh>("LogCosh", "mean(log(cosh(y_pred - y_true))) over the last axis.", loss_fields<LogCosh>());
  }
  // log cosh x = |x| + log(1 + exp(-2 |x|)) - log 2: even, and without overflow.
  Value call(Value y_true, Value y_pred) const {
    const Value distance = absolute(y_pred - cast(y_true, y_pred.dtype()));
    return mean(distance + log1p(exp(-2 * distance)) - std::numbers::ln2, Axes{-1});
  }
};

}  // namespace strata::losses
