#pragma once

#include <strata/metric.h>

namespace strata::metrics {

struct Sum {
  std::string name = "sum";
  Config dtype = {};

  static Schema schema() { return describe<Sum>("Sum", "The sum of y_pred.", metric_fields<Sum>()); }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const Value values = y_pred ? y_pred : y_true;
    return running_sum(s, "total", sum(weight ? values * with_axes_of(cast(weight, values.dtype()), values) : values));
  }
};

}  // namespace strata::metrics
