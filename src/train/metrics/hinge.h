#pragma once

#include <strata/losses/hinge.h>
#include <strata/metric.h>

namespace strata::metrics {

struct Hinge {
  std::string name = "hinge";
  Config dtype = {};

  static Schema schema() {
    return describe<Hinge>("Hinge", "The mean of max(1 - y_true y_pred, 0).", metric_fields<Hinge>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::Hinge{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
