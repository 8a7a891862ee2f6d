#pragma once

#include <strata/metric.h>
#include <strata/loss.h>

namespace strata::metrics {

struct Accuracy {
  std::string name = "accuracy";
  Config dtype = {};

  static Schema schema() {
    return describe<Accuracy>("Accuracy", "How often y_pred equals y_true.",
        metric_fields<Accuracy>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const auto [a, b] = same_rank(y_true, y_pred);
    return running_mean(s, cast(equal(cast(a, b.dtype()), b), number), weight);
  }
};

}  // namespace strata::metrics
