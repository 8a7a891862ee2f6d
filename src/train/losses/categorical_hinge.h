#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct CategoricalHinge {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "categorical_hinge";
  Config dtype = {};

  static Schema schema() {
    return describe<CategoricalHinge>(
        "CategoricalHinge",
        "max(neg - pos + 1, 0), pos = sum(y_true y_pred) and neg = max((1 - y_true) y_pred) over the last axis.",
        loss_fields<CategoricalHinge>());
  }
  Value call(Value y_true, Value y_pred) const {
    const Value z = cast(y_true, y_pred.dtype());
    const Value right = sum(z * y_pred, Axes{-1}), best_wrong = reduce_max((1 - z) * y_pred, Axes{-1});
    return maximum(best_wrong - right + 1, 0);
  }
};

}  // namespace strata::losses
