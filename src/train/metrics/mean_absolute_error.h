#pragma once

#include <strata/metric.h>
#include <strata/losses/mean_absolute_error.h>

namespace strata::metrics {

struct MeanAbsoluteError {
  std::string name = "mean_absolute_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanAbsoluteError>("MeanAbsoluteError", "The mean of |y_true - y_pred|.",
        metric_fields<MeanAbsoluteError>())
        .also_named({"mae", "MAE"});
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::MeanAbsoluteError{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
