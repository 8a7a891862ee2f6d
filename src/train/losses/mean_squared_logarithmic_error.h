#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct MeanSquaredLogarithmicError {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "mean_squared_logarithmic_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanSquaredLogarithmicError>(
               "MeanSquaredLogarithmicError",
               "mean((log(1 + y_true) - log(1 + y_pred))^2) over the last axis; both are at least 1e-7 there.",
               loss_fields<MeanSquaredLogarithmicError>())
        .also_named({"msle", "MSLE"});
  }
  Value call(Value y_true, Value y_pred) const {
    return mean(square(logarithm(y_pred) - logarithm(cast(y_true, y_pred.dtype()))), Axes{-1});
  }

 private:
  static Value logarithm(Value x) { return log(maximum(x, 1e-7) + 1); }
};

}  // namespace strata::losses
