#pragma once

#include <strata/loss.h>
#include <strata/losses/hinge.h>
#include <strata/ops.h>

namespace strata::losses {

struct SquaredHinge {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "squared_hinge";
  Config dtype = {};

  static Schema schema() {
    return describe<SquaredHinge>(
        "SquaredHinge", "mean(max(1 - y_true y_pred, 0)^2) over the last axis; y_true is -1 or 1, or all of it 0 or 1.",
        loss_fields<SquaredHinge>());
  }
  Value call(Value y_true, Value y_pred) const { return mean(square(Hinge::shortfall(y_true, y_pred)), Axes{-1}); }
};

}  // namespace strata::losses
