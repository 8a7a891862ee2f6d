#pragma once

#include <strata/loss.h>
#include <strata/metric.h>

namespace strata::metrics {

struct CategoricalAccuracy {
  std::string name = "categorical_accuracy";
  Config dtype = {};

  static Schema schema() {
    return describe<CategoricalAccuracy>("CategoricalAccuracy",
        "How often the largest of y_pred is the class of y_true, one-hot.",
        metric_fields<CategoricalAccuracy>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    check_same_shape("metric", "CategoricalAccuracy", y_true, y_pred);
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    return running_mean(s, cast(equal(argmax(y_true, -1), argmax(y_pred, -1)), number), weight);
  }
};

}  // namespace strata::metrics
