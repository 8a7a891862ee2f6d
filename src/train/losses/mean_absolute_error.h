#pragma once

#include <strata/loss.h>
#include <strata/ops.h>

namespace strata::losses {

struct MeanAbsoluteError {
  std::optional<std::string> reduction = "sum_over_batch_size";
  std::string name = "mean_absolute_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanAbsoluteError>("MeanAbsoluteError", "mean(|y_true - y_pred|) over the last axis.",
        loss_fields<MeanAbsoluteError>())
        .also_named({"mae", "MAE"});
  }
  Value call(Value y_true, Value y_pred) const { return mean(absolute(cast(y_true, y_pred.dtype()) - y_pred), Axes{-1}); }
};

}  // namespace strata::losses
