#pragma once

#include <strata/losses/log_cosh.h>
#include <strata/metric.h>

namespace strata::metrics {

struct LogCoshError {
  std::string name = "logcosh";
  Config dtype = {};

  static Schema schema() {
    return describe<LogCoshError>("LogCoshError", "The mean of log(cosh(y_pred - y_true)).",
                                  metric_fields<LogCoshError>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::LogCosh{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
