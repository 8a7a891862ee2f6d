#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct MeanSquaredError {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "mean_squared_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanSquaredError>("MeanSquaredError", "mean((y_true - y_pred)^2) over the last axis.",
        loss_fields<MeanSquaredError>())
        .also_named({"mse", "MSE"});
  }
  Value call(Value y_true, Value y_pred) const { return mean(square(cast(y_true, y_pred.dtype()) - y_pred), Axes{-1}); }
};

}  // namespace strata::losses
