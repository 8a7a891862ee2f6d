#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct Poisson {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "poisson";
  Config dtype = {};

  static Schema schema() {
    return describe<Poisson>("Poisson", "mean(y_pred - y_true log(y_pred + 1e-7)) over the last axis.",
                             loss_fields<Poisson>());
  }
  Value call(Value y_true, Value y_pred) const {
    return mean(y_pred - cast(y_true, y_pred.dtype()) * log(y_pred + 1e-7), Axes{-1});
  }
};

}  // namespace strata::losses
