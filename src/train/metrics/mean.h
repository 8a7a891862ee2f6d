#pragma once

#include <strata/metric.h>

namespace strata::metrics {

struct Mean {
  std::string name = "mean";
  Config dtype = {};

  static Schema schema() {
    return describe<Mean>("Mean", "The mean of y_pred.",
        metric_fields<Mean>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, y_pred ? y_pred : y_true, weight);
  }
};

}  // namespace strata::metrics
