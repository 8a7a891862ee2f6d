#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct Hinge {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "hinge";
  Config dtype = {};

  static Schema schema() {
    return describe<Hinge>(
        "Hinge", "mean(max(1 - y_true y_pred, 0)) over the last axis; y_true is -1 or 1, or all of it 0 or 1.",
        loss_fields<Hinge>());
  }
  Value call(Value y_true, Value y_pred) const { return mean(shortfall(y_true, y_pred), Axes{-1}); }

  // How far each prediction stays behind the margin. Targets that are all 0 or 1 in a batch stand for -1 and 1.
  static Value shortfall(Value y_true, Value y_pred) {
    const Value z = cast(y_true, y_pred.dtype());
    const Value binary = reduce_all(logical_or(equal(z, 0), equal(z, 1)));
    return maximum(1 - select(binary, 2 * z - 1, z) * y_pred, 0);
  }
};

}  // namespace strata::losses
