#pragma once

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata::metrics {

struct RootMeanSquaredError {
  std::string name = "root_mean_squared_error";
  Config dtype = {};

  static Schema schema() {
    return describe<RootMeanSquaredError>("RootMeanSquaredError", "The root of the mean of (y_true - y_pred)^2.",
                                          metric_fields<RootMeanSquaredError>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const auto [a, b] = same_rank(y_true, y_pred);
    return sqrt(running_mean(s, square(cast(a, b.dtype()) - b), weight));
  }
};

}  // namespace strata::metrics
