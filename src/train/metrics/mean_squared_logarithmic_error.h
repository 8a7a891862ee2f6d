#pragma once

#include <strata/losses/mean_squared_logarithmic_error.h>
#include <strata/metric.h>

namespace strata::metrics {

struct MeanSquaredLogarithmicError {
  std::string name = "mean_squared_logarithmic_error";
  Config dtype = {};

  static Schema schema() {
    return describe<MeanSquaredLogarithmicError>("MeanSquaredLogarithmicError",
                                                 "The mean of (log(1 + y_true) - log(1 + y_pred))^2.",
                                                 metric_fields<MeanSquaredLogarithmicError>())
        .also_named({"msle", "MSLE"});
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::MeanSquaredLogarithmicError{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
