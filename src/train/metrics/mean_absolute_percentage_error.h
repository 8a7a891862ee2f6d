#pragma once

#include <strata/losses/mean_absolute_percentage_error.h>
#include <strata/metric.h>

namespace strata::metrics {

struct MeanAbsolutePercentageError {
  std::string name = "mean_absolute_percentage_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanAbsolutePercentageError>("MeanAbsolutePercentageError",
                                                 "The mean of 100 |(y_true - y_pred) / y_true|.",
                                                 metric_fields<MeanAbsolutePercentageError>())
        .also_named({"mape", "MAPE"});
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::MeanAbsolutePercentageError{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
