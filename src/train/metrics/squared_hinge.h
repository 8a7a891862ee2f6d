#pragma once

#include <strata/losses/squared_hinge.h>
#include <strata/metric.h>

namespace strata::metrics {

struct SquaredHinge {
  std::string name = "squared_hinge";
  Config dtype = {};

  static Schema schema() {
    return describe<SquaredHinge>("SquaredHinge", "The mean of max(1 - y_true y_pred, 0)^2.",
                                  metric_fields<SquaredHinge>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::SquaredHinge{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
