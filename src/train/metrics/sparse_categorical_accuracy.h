#pragma once

#include <strata/metric.h>

namespace strata::metrics {

struct SparseCategoricalAccuracy {
  std::string name = "sparse_categorical_accuracy";
  Config dtype = {};

  static Schema schema() {
    return describe<SparseCategoricalAccuracy>("SparseCategoricalAccuracy",
        "How often the largest of y_pred is the class number y_true.",
        metric_fields<SparseCategoricalAccuracy>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    if (y_true.rank() == y_pred.rank() && y_true.dim(-1) == Dim(1)) y_true = squeeze(y_true, -1);
    Value matches = cast(equal(cast(y_true, DType::int64), argmax(y_pred, -1)), number);
    if (matches.rank() > 1 && matches.dim(-1) == Dim(1)) matches = squeeze(matches, -1);
    return running_mean(s, matches, weight);
  }
};

}  // namespace strata::metrics
