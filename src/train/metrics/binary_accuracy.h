#pragma once

#include <strata/metric.h>
#include <strata/loss.h>

namespace strata::metrics {

struct BinaryAccuracy {
  std::string name = "binary_accuracy";
  Config dtype = {};
  double threshold = 0.5;

  static Schema schema() {
    return describe<BinaryAccuracy>("BinaryAccuracy",
        "How often y_pred lies on the side of the threshold that y_true, 0 or 1, says.",
        metric_fields<BinaryAccuracy>(),
        field("threshold", &BinaryAccuracy::threshold,
              "Predictions above it are 1.", Limits{.low = 0, .high = 1, .open_low = true, .open_high = true, .choices = {}}));
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    const DType number = y_pred.dtype() == DType::float64 ? DType::float64 : DType::float32;
    const auto [a, b] = same_rank(y_true, y_pred);
    return running_mean(s, cast(equal(a, cast(b > threshold, a.dtype())), number), weight);
  }
};

}  // namespace strata::metrics
