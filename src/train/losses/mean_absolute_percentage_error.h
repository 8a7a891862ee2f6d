#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct MeanAbsolutePercentageError {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "mean_absolute_percentage_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanAbsolutePercentageError>(
               "MeanAbsolutePercentageError",
               "100 mean(|(y_true - y_pred) / y_true|) over the last axis; |y_true| is at least 1e-7 there.",
               loss_fields<MeanAbsolutePercentageError>())
        .also_named({"mape", "MAPE"});
  }
  Value call(Value y_true, Value y_pred) const {
    const Value z = cast(y_true, y_pred.dtype());
    return 100 * mean(absolute((z - y_pred) / maximum(absolute(z), 1e-7)), Axes{-1});
  }
};

}  // namespace strata::losses
