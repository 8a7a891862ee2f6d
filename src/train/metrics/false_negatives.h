#pragma once

#include <strata/metrics/confusion.h>

namespace strata::metrics {

struct FalseNegatives {
  std::optional<std::vector<double>> thresholds = {};
  std::optional<std::string> name = {};
  Config dtype = {};

  static Schema schema() {
    return describe<FalseNegatives>("FalseNegatives", "The weight of what is 1 and predicted as 0.",
                                    thresholds_field<FalseNegatives>(),
        metric_fields<FalseNegatives>());
  }
  Value call(Scope& s, Value y_true, Value y_pred, Value weight) const {
    return by_threshold(
        running_confusion("FalseNegatives", s, y_true, y_pred, weight, {thresholds_or_default(thresholds)})
            .false_negatives);
  }
};

}  // namespace strata::metrics
