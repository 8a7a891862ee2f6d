#pragma once

#include <strata/losses/categorical_hinge.h>
#include <strata/metric.h>

namespace strata::metrics {

struct CategoricalHinge {
  std::string name = "categorical_hinge";
  Config dtype = {};

  static Schema schema() {
    return describe<CategoricalHinge>(
        "CategoricalHinge",
        "The mean of max(neg - pos + 1, 0): pos what the right class has, neg the best of the others.",
        metric_fields<CategoricalHinge>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return running_mean(s, Loss(losses::CategoricalHinge{}).values(y_true, y_pred), weight);
  }
};

}  // namespace strata::metrics
