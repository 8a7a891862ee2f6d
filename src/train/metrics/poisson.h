#pragma once

#include <strata/losses/poisson.h>
#include <strata/metric.h>

namespace strata::metrics {

struct Poisson {
  std::string name = "poisson";
  Config dtype = {};

  static Schema schema() {
    return describe<Poisson>("Poisson", "The mean of y_pred - y_true log(y_pred).", metric_fields<Poisson>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::Poisson{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
