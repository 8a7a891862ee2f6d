#pragma once

#include <strata/metric.h>
#include <strata/losses/mean_squared_error.h>

namespace strata::metrics {

struct MeanSquaredError {
  std::string name = "mean_squared_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanSquaredError>("MeanSquaredError", "The mean of (y_true - y_pred)^2.",
        metric_fields<MeanSquaredError>())
        .also_named({"mse", "MSE"});
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::MeanSquaredError{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
